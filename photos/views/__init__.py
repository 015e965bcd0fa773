"""The pages and the upload protocol: parse a request, call one verb, answer."""
