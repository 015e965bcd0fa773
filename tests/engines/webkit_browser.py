"""A window of WebKitGTK for WebKitWebDriver: `/usr/bin/python3 webkit_browser.py FOLDER PROXY --automation`.

Run by the system's Python, which has the bindings. MiniBrowser, the driver's own choice, keeps nothing on the disk when
it is automated, and WebKit stores no files in the IndexedDB of such a session: this window has a profile in FOLDER.
Without a FOLDER ("") it is a private window. Prints each line of the console.
"""

import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gtk, WebKit2  # noqa: E402 - only after the versions are chosen

SIZE = (1200, 900)


def main(folder: str, proxy: str) -> None:
    """Open the window and wait for the driver."""
    data = WebKit2.WebsiteDataManager(base_data_directory=folder, base_cache_directory=folder)
    if not folder:
        data = WebKit2.WebsiteDataManager.new_ephemeral()
    data.set_network_proxy_settings(
        WebKit2.NetworkProxyMode.CUSTOM, WebKit2.NetworkProxySettings.new(proxy, None)
    )
    context = WebKit2.WebContext.new_with_website_data_manager(data)
    context.set_automation_allowed(True)
    settings = WebKit2.Settings(enable_write_console_messages_to_stdout=True)
    view = WebKit2.WebView(web_context=context, settings=settings, is_controlled_by_automation=True)
    context.connect(
        "automation-started", lambda _, session: session.connect("create-web-view", lambda _: view)
    )
    window = Gtk.Window(default_width=SIZE[0], default_height=SIZE[1])
    window.add(view)
    window.show_all()
    window.connect("destroy", Gtk.main_quit)
    Gtk.main()


main(*sys.argv[1:3])
