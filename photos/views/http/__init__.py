"""What the views share: look-ups, parameters, pages of a list, ETags, looking as another reader."""
