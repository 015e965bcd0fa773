"""Starts a local site, up to its running supervisor: lock, clean up, choose ports, write what pods need."""

import json
import os
import shutil

from ops.topology.machine import diagnosis, leftovers, ports, unprivileged
from ops.topology.machine.credentials import load
from ops.topology.machine.layout import Layout, write_private
from ops.topology.machine.ports import LINGER_SECONDS, SITE_BASE, Ports
from ops.topology.machine.process import kill_all_in
from ops.topology.machine.trouble import Trouble
from ops.topology.servers import postgres
from ops.topology.site import environment, shape
from ops.topology.site.site import Options, Site
from ops.topology.supervise import control
from ops.topology.supervise.screen import Screen
from ops.topology.supervise.supervisor import Supervisor


async def launch(layout: Layout, options: Options, *, has_free_ports: bool) -> int:
    """Run the site until it is asked to stop; returns the exit code. Raises Trouble when it cannot start."""
    screen = Screen()
    with layout.locked():
        try:
            site = _prepare_or_explain(layout, options, screen, has_free_ports=has_free_ports)
            supervisor = Supervisor(site, screen)
            async with await control.serve(supervisor, layout):
                return await supervisor.run()
        finally:
            _remove_traces(layout)


def _prepare_or_explain(layout: Layout, options: Options, screen: Screen, *, has_free_ports: bool) -> Site:
    try:
        return prepare(layout, options, screen, has_free_ports=has_free_ports)
    except OSError as error:
        path = error.filename or layout.var
        cure = diagnosis.cure(str(error), otherwise="Set TESSERA_VAR to put the data into another folder.")
        raise Trouble(f"{path}: {error.strerror}.\n{cure}") from error


def prepare(layout: Layout, options: Options, screen: Screen, *, has_free_ports: bool) -> Site:
    """Make everything that must exist before the first process starts, and return the site."""
    layout.make()
    layout.check_disk()
    layout.ready.unlink(missing_ok=True)
    layout.rotate_logs()
    reaped = leftovers.reap(layout.pids, is_postgres=shape.is_server)
    kill_all_in(layout.var / "postgres")
    chosen_shape = shape.load(layout.shape)
    chosen_shape.fit(options.wishes)
    if reaped:
        screen.say(f"Stopped what a killed supervisor had left running: {', '.join(reaped)}.")
    chosen = _choose_ports(
        layout, screen, has_free_ports=has_free_ports, patience=LINGER_SECONDS if reaped else 0
    )
    site = Site(
        layout=layout,
        ports=chosen,
        credentials=load(layout.var / "secrets.json"),
        shape=chosen_shape,
        options=options,
    )
    unprivileged.give(layout.var, layout.var / "postgres", layout.run)
    postgres.write_passwords(site)
    environment.write(site)
    return site


def _remove_traces(layout: Layout) -> None:
    """Remove the files that say that a site runs, and those that lie outside of `var`."""
    for trace in (layout.ready, layout.control, *ports.weed_sockets(_remembered(layout))):
        trace.unlink(missing_ok=True)
    if not layout.run.is_relative_to(layout.var):
        shutil.rmtree(layout.run, ignore_errors=True)


def _choose_ports(layout: Layout, screen: Screen, *, has_free_ports: bool, patience: float) -> Ports:
    """Choose the usual ports; a site beside others (`--ports free`) keeps the ports of its last start."""
    candidates = ports.preferred(_site_base())
    if has_free_ports:
        candidates = _remembered(layout) or ports.anywhere()
    chosen, sentences = ports.choose(candidates, is_taken=ports.is_taken, patience_seconds=patience)
    for sentence in sentences if not has_free_ports else ():
        screen.say(sentence)
    write_private(layout.ports, json.dumps(chosen, indent=2) + "\n")
    return chosen


def _remembered(layout: Layout) -> Ports:
    """Return the ports of the last start; empty when there was none or its file is damaged."""
    try:
        remembered = {
            str(name): int(port) for name, port in json.loads(layout.ports.read_text("utf-8")).items()
        }
    except (OSError, ValueError, AttributeError):
        return {}
    return remembered if remembered.keys() == ports.preferred().keys() else {}


def _site_base() -> int:
    text = os.environ.get("TESSERA_PORT_BASE") or str(SITE_BASE)
    if not text.isdecimal() or not 1024 <= int(text) <= 65_000:
        raise Trouble(f"TESSERA_PORT_BASE={text} is not a port from 1024 to 65000.")
    return int(text)
