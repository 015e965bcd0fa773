"""Template tags of the page's frame: `{% importmap %}` and `{% static_path %}`."""

from urllib.parse import urlsplit

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from config import importmap as modules

register = template.Library()


@register.simple_tag(takes_context=True)
def importmap(context: template.Context) -> SafeString:
    """Return the import map as a script element that carries the nonce of this response's policy, if there is one."""
    nonce = getattr(context.get("request"), "csp_nonce", None)
    attribute = "" if nonce is None else format_html(' nonce="{}"', str(nonce))
    language = get_language() or settings.LANGUAGE_CODE
    # import_map() escapes "<" itself; HTML escaping would break its JSON.
    return format_html(
        '<script type="importmap"{}>{}</script>',
        attribute,
        mark_safe(modules.import_map(language)),  # noqa: S308 - see above
    )


@register.simple_tag
def static_path(name: str) -> str:
    """Return the path of a static file without its host: browsers start a Worker only from the page's origin."""
    return urlsplit(static(name)).path
