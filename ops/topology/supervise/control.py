"""The control socket: the command line sends a JSON line, the supervisor answers with one."""

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ops.topology.machine.layout import Layout
from ops.topology.machine.process import is_frozen
from ops.topology.machine.trouble import Trouble
from ops.topology.supervise.component import Component
from ops.topology.supervise.supervisor import Supervisor

Command = Callable[[Mapping[str, Any]], Awaitable[object]]
START_HINT = "`make up` starts one (or `python -m ops.topology up`)."


async def serve(supervisor: Supervisor, layout: Layout) -> asyncio.Server:
    """Listen for commands. The socket lies in a 0700 folder: every process that can reach it may give them."""
    commands = commands_of(supervisor)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            reply = await _reply(commands, await reader.readline())
            writer.write(json.dumps(reply).encode() + b"\n")
            await writer.drain()
        except ConnectionError:
            pass  # the command line has gone and reads no answer
        finally:
            writer.close()

    layout.control.unlink(missing_ok=True)
    return await asyncio.start_unix_server(answer, str(layout.control))


def ask(layout: Layout, command: str, **arguments: object) -> Any:
    """Send a command to the running supervisor and return its result. Raises Trouble when none runs or it refuses."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(layout.control))
        except OSError:
            raise Trouble(f"No site runs on {layout.var}. {START_HINT}") from None
        connection.sendall(json.dumps({"verb": command, **arguments}).encode() + b"\n")
        line = connection.makefile("rb").readline()
    reply = json.loads(line or b'{"error": "The supervisor ended before it answered."}')
    if "error" in reply:
        raise Trouble(reply["error"])
    return reply["result"]


def commands_of(supervisor: Supervisor) -> dict[str, Command]:
    """Return {name: function} of the commands of a supervisor."""

    async def status(_: Mapping[str, Any]) -> object:
        shape = supervisor.site.shape
        components = [each for each in supervisor.fleet.components.values() if not each.spec.is_job]
        return [{**describe(each), "databases": shape.databases_on(each.name)} for each in components]

    async def kill(request: Mapping[str, Any]) -> object:
        return supervisor.kill(request["names"], request["signal"])

    async def stop(request: Mapping[str, Any]) -> object:
        return await supervisor.stop(request["names"])

    async def start(request: Mapping[str, Any]) -> object:
        return await supervisor.start(request["names"])

    async def restart(request: Mapping[str, Any]) -> object:
        return await supervisor.restart(request["names"])

    async def scale(request: Mapping[str, Any]) -> object:
        return await supervisor.scale(request["counts"])

    async def promote(request: Mapping[str, Any]) -> object:
        return await supervisor.promote(request["name"], request["replica"])

    async def add(request: Mapping[str, Any]) -> object:
        return await supervisor.grow(request["name"])

    async def down(_: Mapping[str, Any]) -> object:
        supervisor.request_stop()
        return []

    commands = (status, kill, stop, start, restart, scale, promote, add, down)
    return {command.__name__: command for command in commands}


def describe(component: Component) -> dict[str, object]:
    """Return the facts of one component, for the table of `status` and for programs."""
    frozen = component.pid is not None and is_frozen(component.pid)
    return {
        "name": component.name,
        "role": component.spec.role.value,
        "state": "frozen" if frozen else component.state.value,
        "pid": component.pid,
        "address": component.spec.address,
        "uptime_seconds": round(time.monotonic() - component.since, 1) if component.pid else None,
        "restarts": component.restarts,
    }


async def _reply(commands: Mapping[str, Command], line: bytes) -> dict[str, object]:
    try:
        request = json.loads(line)
        command = commands[request["verb"]]
    except (ValueError, KeyError, TypeError):
        return {"error": f"Ask for one of: {', '.join(commands)}"}
    try:
        return {"result": await command(request)}
    except Trouble as trouble:
        return {"error": str(trouble)}
