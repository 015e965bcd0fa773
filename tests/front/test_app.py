"""The site as an app, in Chromium: without a connection, shared into by other apps, photos that outlive the page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.front.pages import Page as Rendered
from tests.front.pages import Somebody, upload_page
from tests.front.stub_site import DROP, Site
from tests.front.test_elements import grid
from tests.front.upload.test_large_files import large, sent_twice, stop_after
from tests.front.upload.uploading import assert_stored_whole, choose, expect_all_ready, expect_summary, photos

SHARE = """(names) => {
  const transfer = new DataTransfer();
  const photo = (name) => new File([new Uint8Array([255, 216, 255, name.length])], name, { type: "image/jpeg" });
  for (const name of names) transfer.items.add(photo(name));
  const make = (name, fields) => Object.assign(document.createElement(name), fields);
  const form = make("form", { method: "post", action: "/upload/", enctype: "multipart/form-data" });
  form.append(make("input", { type: "file", name: "photos", multiple: true, files: transfer.files }));
  document.body.append(form);
  form.submit();
}"""


CONTROLLED = """() => new Promise((resolve) => {
  if (navigator.serviceWorker.controller) resolve();
  navigator.serviceWorker.addEventListener("controllerchange", () => resolve());
})"""


@pytest.fixture
def app(chromium: Browser, site: Site) -> Iterator[Page]:
    """A tab whose pages are looked after by the service worker."""
    site.has_service_worker = True
    site.pages["/offline/"] = Rendered("offline.html")
    site.pages["/@alice/"] = grid()
    context = chromium.new_context(base_url=site.url)
    tab = context.new_page()
    tab.goto("/@alice/")
    tab.evaluate(CONTROLLED)
    yield tab
    context.close()


def leave(page: Page) -> None:
    """Close the page as a crash does, without asking."""
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()


def test_without_a_connection_a_page_says_so_and_nothing_private_was_kept(app: Page) -> None:
    app.context.set_offline(True)
    app.goto("/favourites/")
    expect(app.get_by_role("heading", name="You are offline")).to_be_visible()
    kept = "caches.keys().then((all) => Promise.all(all.map((name) => caches.open(name).then((one) => one.keys()))))"
    assert app.evaluate(f"{kept}.then((all) => all.flat().map(({{ url }}) => new URL(url).pathname))") == [
        "/offline/"
    ]
    app.context.set_offline(False)
    app.goto("/@alice/")
    expect(app.get_by_role("heading", name="Alice")).to_be_visible()


def share(app: Page, *names: str) -> None:
    """Share files as another app does."""
    with app.expect_navigation(url="**/upload/"):
        app.evaluate(SHARE, list(names))


def test_photos_shared_from_another_app_go_up_once_it_is_said_who_sees_them(app: Page, site: Site) -> None:
    share(app, "gallery.jpg", "two.jpg")
    expect(app.get_by_role("status").filter(has_text="2 photos were shared")).to_be_visible()
    assert site.announced == []
    app.get_by_text("Only me").click()
    app.get_by_role("button", name="Upload them").click()
    expect_all_ready(app, 2)
    assert sorted(file["name"] for file in site.finished) == ["gallery.jpg", "two.jpg"]
    assert {file["visibility"] for file in site.finished} == {"private"}
    app.reload()
    expect(app.locator(".upload")).to_have_count(0)


@pytest.mark.parametrize("trouble", ["it is of a later version", "it lacks its place"])
def test_photos_that_this_browser_cannot_keep_lead_to_the_page_that_says_so(
    trouble: str, app: Page, site: Site
) -> None:
    # A database does not open at an earlier version; one at our version without our store takes no files.
    app.evaluate(
        """(version) => new Promise((resolve, reject) => {
          const opening = indexedDB.open("tessera-uploads", version);
          opening.onsuccess = () => resolve(opening.result.close());
          opening.onerror = reject;
        })""",
        99 if trouble == "it is of a later version" else 1,
    )
    with app.expect_navigation(url="**/upload/#not-kept"):
        app.evaluate(SHARE, ["gallery.jpg"])
    expect(app.get_by_text("did not fit into this browser")).to_be_visible()
    app.goto("/upload/")
    expect(app.get_by_text("did not fit into this browser")).to_be_hidden()


def test_photos_that_were_shared_wait_until_they_are_taken_or_left(app: Page, site: Site) -> None:
    share(app, "gallery.jpg")
    expect(app.get_by_text("1 photo was shared")).to_be_visible()
    app.reload()
    app.get_by_role("button", name="Do not upload").click()
    expect(app.get_by_text("1 photo was shared")).to_be_hidden()
    app.wait_for_timeout(200)
    app.reload()
    app.wait_for_timeout(300)
    expect(app.get_by_text("1 photo was shared")).to_be_hidden()
    assert site.announced == []
    app.reload()
    expect(app.locator(".upload")).to_have_count(0)


def test_photos_go_on_after_a_reload_as_they_were_meant(page: Page, site: Site) -> None:
    files = photos(5)
    site.hold.clear()
    page.get_by_text("Only me").click()
    choose(page, files)
    expect(page.locator(".upload[data-step=queued]")).to_have_count(2)
    leave(page)
    site.hold.set()
    expect_all_ready(page, 5)
    assert_stored_whole(site, files)
    assert {file["visibility"] for file in site.finished} == {"private"}
    page.reload()
    expect(page.locator(".upload")).to_have_count(0)


def test_what_is_being_sent_goes_on_while_one_page_gives_way_to_the_next(app: Page, site: Site) -> None:
    site.hold.clear()
    app.goto("/upload/")
    choose(app, photos(3))
    expect(app.locator(".upload[data-step=sending]")).to_have_count(3)
    for address in ("/@alice/", "/upload/", "/@alice/"):
        app.get_by_role("banner").get_by_role(
            "link", name="Tessera"
        ).focus()  # browsers ask only those who touched the page
        app.once("dialog", lambda dialog: dialog.accept())
        app.goto(address)
        app.wait_for_timeout(500)
    assert len(site.got) == 6, "each once by the first page, and once by the service worker"
    site.hold.set()
    expect(app.locator("upload-tray [data-part=words]")).to_have_text("All 3 uploaded", timeout=15_000)
    assert_stored_whole(site, photos(3))
    assert len(site.got) == 6


def test_a_part_that_the_service_worker_has_sent_is_not_sent_again(app: Page, site: Site) -> None:
    app.goto("/upload/")
    stop_after(site, 3, large(), app)
    app.goto("/@alice/")
    while len(site.got) < 5:
        app.wait_for_timeout(20)
    site.release()
    expect(app.locator("upload-tray [data-part=words]")).to_have_text("Uploaded", timeout=15_000)
    assert_stored_whole(site, [large()])
    assert sent_twice(site) == [4]


def test_what_the_service_worker_could_not_send_the_next_page_sends(app: Page, site: Site) -> None:
    site.hold.clear()
    app.goto("/upload/")
    choose(app, photos(2))
    expect(app.locator(".upload[data-step=sending]")).to_have_count(2)
    app.goto("/@alice/")
    while len(site.got) < 4:
        app.wait_for_timeout(20)
    site.faults["put"] = [DROP, DROP]
    site.hold.set()
    expect(app.locator("upload-tray [data-part=words]")).to_have_text("All 2 uploaded", timeout=15_000)
    assert_stored_whole(site, photos(2))


def test_another_tab_leaves_alone_what_this_one_sends(app: Page, site: Site) -> None:
    site.hold.clear()
    app.goto("/upload/")
    choose(app, photos(4))
    expect(app.locator(".upload[data-step=queued]")).to_have_count(1)
    other = app.context.new_page()
    other.goto("/upload/")
    other.wait_for_timeout(500)
    expect(other.locator(".upload")).to_have_count(0)
    other.close()
    site.hold.set()
    expect_all_ready(app, 4)


def test_somebody_else_at_this_browser_does_not_send_them(page: Page, site: Site) -> None:
    site.hold.clear()
    choose(page, photos(4))
    expect(page.locator(".upload[data-step=queued]")).to_have_count(1)
    theirs = site.pages["/upload/"] = upload_page_of(8)
    leave(page)
    site.hold.set()
    page.wait_for_timeout(500)
    expect(page.locator(".upload")).to_have_count(0)
    assert theirs.user.pk == 8
    site.pages["/upload/"] = upload_page_of(7)
    page.reload()
    expect_all_ready(page, 4)


def test_what_was_cancelled_stays_cancelled(page: Page, site: Site) -> None:
    site.hold.clear()
    choose(page, photos(4))
    expect(page.locator(".upload[data-step=queued]")).to_have_count(1)
    page.get_by_role("button", name="Cancel DSC_3.jpg").click()
    page.wait_for_timeout(200)
    leave(page)
    site.hold.set()
    expect_summary(page, "All 3 uploaded · all ready")


def upload_page_of(pk: int) -> Rendered:
    """Return the upload page of the person with that id."""
    made = upload_page()
    made.user = Somebody(pk=pk)
    return made
