"""The MongoDB that is there already, and SecantusDB, which speaks its wire protocol."""

import importlib.metadata
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from services.local_stack.errors import USAGE, StackError, Unavailable
from services.local_stack.processes import Server, run_server
from services.local_stack.providers import Context, Started, silent, without_password

_VARIABLE = "MONGODB_URI"


def external_database(context: Context) -> Started:
    """Provider `external` of the database."""
    variable, uri = context.address(_VARIABLE)
    if not context.patience.until(lambda: mongo_answers(uri)):
        silent("database", uri, variable, context.patience.seconds)
    return Started({_VARIABLE: uri}, f"the one at {without_password(uri)} ({variable})")


def embedded_database(context: Context) -> Started:
    """Provider `embedded` of the database: SecantusDB in a process of its own, never imported (GPL)."""
    program = shutil.which("secantusd-py", path=Path(sys.executable).parent) or shutil.which("secantusd-py")
    if program is None:
        raise Unavailable("SecantusDB is not installed; it is in the dependency group 'stack'")

    def command(directory: Path, ports: Sequence[int]) -> Sequence[str]:
        # An empty configuration of ours, so that one in the user's home directory is not found.
        config = directory / "secantusd.toml"
        config.touch()
        where = ["--host", "127.0.0.1", "--port", str(ports[0]), "--storage-path", str(directory / "data")]
        # Test commands: the fault tests arm failCommand.
        return [program, "--config", str(config), *where, "--enable-test-commands", "--standalone"]

    def answers(port: int) -> bool:
        return mongo_answers(f"mongodb://127.0.0.1:{port}/")

    # It takes two seconds to close files that are deleted the moment after.
    child, port = run_server(Server("SecantusDB", command, answers, grace=0.1), context.patience)
    uri = f"mongodb://127.0.0.1:{port}/"
    what = f"SecantusDB {importlib.metadata.version('secantusdb')} at {uri}, for development only"
    return Started({_VARIABLE: uri}, what, child.stop, child)


def mongo_answers(uri: str) -> bool:
    """Whether a ping is answered within a second.

    Raises:
        StackError: The address is not a MongoDB URI.
    """
    import pymongo
    from pymongo.errors import InvalidURI, PyMongoError

    try:
        with pymongo.MongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=1000) as client:
            return bool(client.admin.command("ping")["ok"])
    except InvalidURI as error:
        message = f"database: {_VARIABLE} is not a MongoDB URI: {error}"
        raise StackError(message, USAGE) from error
    except PyMongoError:
        return False
