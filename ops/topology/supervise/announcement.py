"""What is told when everything runs: to a person in sentences, to a program in `var/ready.json`."""

import json
import os
from collections.abc import Mapping

from ops.topology.machine.layout import shown
from ops.topology.site.site import Site


def facts(site: Site, seconds: float, pids: Mapping[str, int]) -> str:
    """Where everything is, as JSON. That the file exists says that everything is ready."""
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
    """What a person needs once everything runs."""
    manage = (
        "python manage.py topology" if "VIRTUAL_ENV" in os.environ else ".venv/bin/python manage.py topology"
    )
    lines = {
        "Site": site.url,
        "Sign in": f"admin / {site.credentials.admin_password}   (kept in {shown(site.layout.var)}/secrets.json)",
        "Admin": f"{site.url}/admin/",
        "Mail": f"{manage} mail   (from {shown(site.layout.logs)}/web-*.log)",
        "Status": f"{manage} status",
        "Stop": "Ctrl-C",
    }
    return f"Ready in {seconds:.1f} s.\n\n" + "\n".join(f"  {name:<8} {text}" for name, text in lines.items())
