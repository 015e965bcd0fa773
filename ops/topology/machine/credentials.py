"""Secrets of one local site: generated once, kept in `var/secrets.json`; only the admin's password is ever shown."""

import json
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from ops.topology.machine.layout import write_private
from ops.topology.machine.trouble import Trouble


def _token() -> str:
    return secrets.token_urlsafe(24)


def _password() -> str:
    """Return a password that is easy to read and type: four groups, no look-alike characters, 78 bits."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))


@dataclass(frozen=True)
class Credentials:
    """All secrets, as URL-safe strings. A field that a file does not have yet is generated when the file is read."""

    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    admin_password: str = field(default_factory=_password)
    postgres_superuser: str = field(default_factory=_token)
    postgres_replicator: str = field(default_factory=_token)
    postgres_tessera: str = field(default_factory=_token)
    s3_admin: str = field(default_factory=_token)
    s3_app: str = field(default_factory=_token)
    s3_edge: str = field(default_factory=_token)
    weed_write: str = field(default_factory=_token)
    weed_read: str = field(default_factory=_token)
    weed_filer_write: str = field(default_factory=_token)
    weed_filer_read: str = field(default_factory=_token)
    cdn_signing_key: str = field(default_factory=_token)
    cdn_purge_token: str = field(default_factory=_token)


def load(path: Path) -> Credentials:
    """Read the secrets, generating those that are missing. Raises Trouble for a damaged file."""
    credentials = Credentials(**_read(path)) if path.exists() else Credentials()
    text = json.dumps(asdict(credentials), indent=2) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_private(path, text)
    return credentials


def _read(path: Path) -> dict[str, str]:
    names = {each.name for each in fields(Credentials)}
    try:
        return {
            name: str(value) for name, value in json.loads(path.read_text("utf-8")).items() if name in names
        }
    except (ValueError, AttributeError) as error:
        raise Trouble(
            f"{path} is damaged ({error}).\nRestore it, or `make reset` to remove all local data and begin again."
        ) from None
