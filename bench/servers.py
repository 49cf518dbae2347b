"""A PostgreSQL and a Redis of one's own on loopback, for a while: for a measurement or a test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from bench.ports import free_port
from bench.turns.processes import BenchError

INSTALL = "is not installed: run scripts/test-tools.sh"
READY_WITHIN_SECONDS = 20.0
LOOK_EVERY = 0.02


class PostgresServer:
    """Runs until the end of the block, with Debian's programs; it can be stopped and started in it.

    What was committed survives every way of stopping.

    Args:
        durable: whether it waits for the disk, as it comes out of the box.

    Attributes:
        url: its address, without a database.

    Raises:
        BenchError: it is not installed.
    """

    def __init__(self, durable: bool = True) -> None:
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not programs:
            raise BenchError(f"PostgreSQL {INSTALL}")
        self._programs = programs[-1]
        self._durable = durable
        self._port = free_port()
        self.url = f"postgresql+psycopg2://startwijzer@127.0.0.1:{self._port}"

    def __enter__(self) -> PostgresServer:
        # It refuses to run as root, and its user cannot enter the folders of who runs this.
        self._folder = Path(tempfile.mkdtemp(prefix="startwijzer-postgres-"))
        try:
            if os.geteuid() == 0:
                shutil.chown(self._folder, "postgres")
            sync = [] if self._durable else ["--no-sync"]
            self._run("initdb", "--auth=trust", "--username=startwijzer", "--encoding=UTF8", *sync)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop("immediate", check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Returns when it answers."""
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -k {self._folder}"
        if not self._durable:
            options += " -c fsync=off"
        log = f"--log={self._folder / 'log'}"
        self._run("pg_ctl", "--wait", f"--options={options}", log, "start")

    def stop(self, mode: str, check: bool = True) -> None:
        """`fast` breaks all connections off; `immediate` is as a crash.

        Args:
            check: whether it is an error when it does not run.
        """
        self._run("pg_ctl", "--wait", f"--mode={mode}", "stop", check=check)

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        run_as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        data = f"--pgdata={self._folder / 'data'}"
        subprocess.run(
            [*run_as, str(self._programs / program), data, *arguments],
            check=check,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            timeout=120,
        )


class RedisServer:
    """Runs until the end of the block; it keeps nothing on disk, so a restart loses everything.

    Args:
        password: what who comes in has to give; nothing when it is empty.

    Attributes:
        port: where it listens.
        url: its address, without the password.

    Raises:
        BenchError: it is not installed, or does not start.
    """

    def __init__(self, password: str = "") -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise BenchError(f"Redis {INSTALL}")
        self.port = free_port()
        self._command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._command += ["--requirepass", password] if password else []
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> RedisServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Returns when it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise BenchError("Redis does not start") from None
                time.sleep(LOOK_EVERY)

    def kill(self) -> None:
        """As `kill -9` does; also when it does not run."""
        self._process.kill()
        self._process.wait(READY_WITHIN_SECONDS)
