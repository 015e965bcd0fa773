"""One driver for Chromium, Firefox and WebKit: the tests' own, since no library drives all three as Debian has them."""
