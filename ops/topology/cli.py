"""The command line of the local site: `python -m ops.topology …`, or `manage.py topology …`."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ops.topology.machine import ports
from ops.topology.machine.credentials import load
from ops.topology.machine.layout import Layout, default_var
from ops.topology.machine.trouble import Trouble
from ops.topology.servers import postgres
from ops.topology.site.shape import Wishes
from ops.topology.site.shape import load as load_shape
from ops.topology.site.site import Options, Site
from ops.topology.supervise import logview
from ops.topology.supervise.control import ask
from ops.topology.supervise.launch import launch

COLUMNS = ("name", "role", "state", "pid", "uptime", "restarts", "address")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. The text of Trouble is printed without a traceback."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # argparse loses what follows `--` when an option stands before it.
    cut = words.index("--") if "--" in words else len(words)
    options = parser().parse_args(words[:cut])
    options.rest = words[cut + 1 :]
    layout = Layout(Path(options.var).absolute() if options.var else default_var())
    try:
        return int(options.run(layout, options) or 0)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `logs … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands and their options."""
    top = argparse.ArgumentParser(prog="topology", description=__doc__)
    top.add_argument("--var", help="the folder of all data (default: TESSERA_VAR or ./var)")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, run: Callable[[Layout, argparse.Namespace], object], text: str
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--var", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        command.set_defaults(run=run)
        return command

    _add_up(add("up", up, "run the whole site on this machine, until Ctrl-C"))
    add("down", down, "stop the site that runs in another terminal")
    add("status", status, "list the components and their states").add_argument("--json", action="store_true")
    logs = add("logs", show_logs, "show the last lines of a component's log")
    logs.add_argument("name")
    logs.add_argument("-f", "--follow", action="store_true", help="go on showing new lines")
    add("mail", show_mail, "show the mails that the site would have sent")
    kill = add(
        "kill", send_kill, "send a signal to the main process of components only, as an accident would"
    )
    kill.add_argument("names", nargs="+", metavar="NAME")
    kill.add_argument("--signal", default="KILL")
    for name in ("stop", "start", "restart"):
        several = add(name, send_named(name), f"{name} components by their names, or all of a role")
        several.add_argument("names", nargs="+", metavar="NAME")
    scale = add("scale", send_scale, "change the number of pods: web=3 workers=1")
    scale.add_argument("counts", nargs="+", metavar="KIND=COUNT")
    promotion = add("promote", send_promote, "make a replica the primary; the old primary is fenced first")
    promotion.add_argument("name", help="directory, shard0, …")
    promotion.add_argument(
        "--replica", type=int, metavar="N", help="which replica (default: the one that has received most)"
    )
    growth = add("add", send_add, "add the next shard or replica to the running site")
    growth.add_argument("name", help="the next one: shard2, shard0-replica-2, …")
    psql = add("psql", run_psql, "open psql on a database; arguments after -- go to psql")
    psql.add_argument("name", help="directory, shard0, shard1-replica, …")
    psql.add_argument("--superuser", action="store_true")
    add("reset", reset, "remove all data of the site").add_argument(
        "--yes", action="store_true", help="do not ask"
    )
    return top


def _add_up(command: argparse.ArgumentParser) -> None:
    command.add_argument("--ports", choices=("preferred", "free"), default="preferred")
    command.add_argument("--fast", action="store_true", help="run PostgreSQL without fsync: for tests")
    command.add_argument("--web", type=int, metavar="N", help="web pods (at first 2)")
    command.add_argument("--workers", type=int, metavar="N", help="worker processes (at first 2)")
    shape = command.add_argument_group(
        "databases", "These and the numbers of pods are remembered: a restart without an option keeps them."
    )
    shape.add_argument("--shards", type=int, metavar="N", help="shards (at first 2)")
    shape.add_argument("--replicas", type=int, metavar="N", help="replicas of each primary (at first 1)")
    shape.add_argument("--no-replicas", action="store_const", dest="replicas", const=0)
    shape.add_argument(
        "--single", action="store_true", help="begin with one PostgreSQL server for everything"
    )
    shape.add_argument(
        "--synchronous", action=argparse.BooleanOptionalAction,
        help="acknowledge no commit before a replica has it",
    )  # fmt: skip


def up(layout: Layout, options: argparse.Namespace) -> int:
    chosen = Options(
        wishes=Wishes(
            web=options.web,
            workers=options.workers,
            shards=options.shards,
            replicas=options.replicas,
            is_single=options.single,
            is_synchronous=options.synchronous,
        ),
        is_fast=options.fast,
    )
    return asyncio.run(launch(layout, chosen, has_free_ports=options.ports == "free"))


def down(layout: Layout, _: argparse.Namespace) -> None:
    ask(layout, "down")
    print("Stopping.")


def status(layout: Layout, options: argparse.Namespace) -> None:
    components = ask(layout, "status")
    print(json.dumps(components, indent=2) if options.json else table(components))


def show_logs(layout: Layout, options: argparse.Namespace) -> None:
    shape = load_shape(layout.shape)
    log = layout.log(shape.server_of(options.name))
    if not log.exists():
        names = ", ".join(sorted(path.stem for path in layout.logs.glob("*.log"))) or "none yet"
        raise Trouble(f"There is no log of {options.name!r}. There are logs of: {names}")
    has_colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for line in logview.tail(log):
        print(logview.pretty(line, has_colour=has_colour))
    for line in logview.follow(log) if options.follow else ():
        print(logview.pretty(line, has_colour=has_colour), flush=True)


def show_mail(layout: Layout, _: argparse.Namespace) -> None:
    print("\n\n".join(logview.mails(layout.logs)) or "No mail yet.")


def send_kill(layout: Layout, options: argparse.Namespace) -> None:
    _print_names("signalled", ask(layout, "kill", names=options.names, signal=options.signal))


def send_named(verb: str) -> Callable[[Layout, argparse.Namespace], None]:
    done = {"stop": "stopped", "start": "started", "restart": "restarted"}[verb]

    def send(layout: Layout, options: argparse.Namespace) -> None:
        _print_names(done, ask(layout, verb, names=options.names))

    return send


def send_scale(layout: Layout, options: argparse.Namespace) -> None:
    pairs = dict(word.partition("=")[::2] for word in options.counts)
    if not all(count.isdecimal() for count in pairs.values()):
        raise Trouble("Say for example: scale web=3 workers=1")
    _print_names("changed", ask(layout, "scale", counts={kind: int(n) for kind, n in pairs.items()}))


def send_promote(layout: Layout, options: argparse.Namespace) -> None:
    print("\n".join(ask(layout, "promote", name=options.name, replica=options.replica)))


def send_add(layout: Layout, options: argparse.Namespace) -> None:
    names = ask(layout, "add", name=options.name)
    _print_names("added", names)
    if options.name in names and "-replica" not in options.name:
        print(
            f"{options.name} has no buckets yet: `manage.py rebalance --plan` says which should move there."
        )


def run_psql(layout: Layout, options: argparse.Namespace) -> None:
    shape = load_shape(layout.shape)
    names = (
        list(dict.fromkeys([*shape.databases, *shape.servers])) if shape.groups else ["directory", "shard0"]
    )
    if options.name not in names:
        raise Trouble(f"There is no database {options.name!r}. There are: {', '.join(names)}")
    ask(layout, "status")  # raises Trouble with the way to start the site when it does not run
    site = Site(
        layout=layout, ports=ports.preferred(), credentials=load(layout.var / "secrets.json"), shape=shape
    )
    argv, environ = postgres.shell(site, options.name, as_superuser=options.superuser)
    os.execve(argv[0], [*argv, *options.rest], environ)  # noqa: S606 - psql, with arguments and no shell


def reset(layout: Layout, options: argparse.Namespace) -> None:
    if not layout.var.exists():
        print(f"There is nothing in {layout.var}.")
        return
    question = f"Remove {layout.var} with all photos, accounts and databases in it? Type yes: "
    if not options.yes and _answer(question) != "yes":
        raise Trouble("Nothing was removed.")
    layout.remove()
    print(f"Removed {layout.var}.")


def _answer(question: str) -> str:
    try:
        return input(question).strip()
    except EOFError:
        raise Trouble("\nNothing was removed: no terminal is there to ask. `--yes` answers.") from None


def table(components: list[dict[str, object]]) -> str:
    """Return the status of all components as columns."""
    # Only a server of a single site has more than the database that it is named after.
    is_told = any(len(databases_of(each)) > 1 for each in components)
    columns = (*COLUMNS, "databases") if is_told else COLUMNS
    rows = [[str(cell) for cell in columns]]
    for each in components:
        uptime = each["uptime_seconds"]
        cells = {**each, "databases": ", ".join(databases_of(each))}
        cells["uptime"] = duration(float(str(uptime))) if uptime is not None else ""
        rows.append([str(cells[name]) if cells[name] is not None else "" for name in columns])
    widths = [max(len(row[index]) for row in rows) for index in range(len(columns))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def databases_of(component: Mapping[str, Any]) -> list[str]:
    """Return the databases of a component in the answer to `status`."""
    return list(component.get("databases", ()))


def duration(seconds: float) -> str:
    """Return `42 s`, `3 min` or `2 h 5 min`."""
    minutes, hours = int(seconds // 60), int(seconds // 3600)
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{int(seconds)} s"


def _print_names(what: str, names: list[str]) -> None:
    print(f"{what}: {', '.join(names)}" if names else f"Nothing was {what}.")
