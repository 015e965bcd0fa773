"""What the supervisor reports once everything runs: sentences for the terminal, `var/ready.json` for programs."""

import json
import os
from collections.abc import Mapping

from ops.topology.machine.layout import as_typed
from ops.topology.site.site import Site


def facts(site: Site, seconds: float, pids: Mapping[str, int]) -> str:
    """Return the JSON of `ready.json`: addresses, sign-in, {component: pid}, seconds that the start took."""
    return json.dumps(
        {
            "url": site.url,
            "cdn": site.cdn_url,
            "upload": site.upload_url,
            "s3": site.s3_url,
            "admin": {"username": "admin", "password": site.credentials.admin_password},
            "environment": str(site.layout.environment),
            "supervisor": os.getpid(),
            "pids": dict(pids),
            "seconds": round(seconds, 2),
        },
        indent=2,
    )


def summary(site: Site, seconds: float) -> str:
    """Return the lines for the operator: addresses, sign-in, where mail goes, how to stop."""
    manage = (
        "python manage.py topology" if "VIRTUAL_ENV" in os.environ else ".venv/bin/python manage.py topology"
    )
    var = as_typed(site.layout.var)
    lines = {
        "Site": site.url,
        "Sign in": f"admin / {site.credentials.admin_password}   (kept in {var}/secrets.json)",
        "Admin": f"{site.url}/admin/",
        "Mail": f"{manage} mail   (from {as_typed(site.layout.logs)}/web-*.log)",
        "Status": f"{manage} status",
        "Stop": "Ctrl-C",
    }
    return f"Ready in {seconds:.1f} s.\n\n" + "\n".join(f"  {name:<8} {text}" for name, text in lines.items())
