"""A PostgreSQL of a test's own on loopback, that can be stopped and started again."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path


class PostgresCluster:
    """Runs until the end of the block; what was committed survives every way of stopping."""

    def __init__(self):
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        assert programs, "PostgreSQL is not installed: run scripts/test-tools.sh"
        self._programs = programs[-1]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"postgresql://startwijzer@127.0.0.1:{self._port}/postgres"

    def __enter__(self):
        # It refuses to run as root, and its user cannot enter the folders of pytest.
        self._folder = Path(tempfile.mkdtemp(prefix="startwijzer-faults-"))
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")
        self._run("initdb", "--auth=trust", "--username=startwijzer", "--encoding=UTF8")
        self.start()
        return self

    def __exit__(self, *_):
        self.stop("immediate", check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self):
        """Returns when it answers."""
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -k {self._folder}"
        log = f"--log={self._folder / 'log'}"
        self._run("pg_ctl", "--wait", f"--options={options}", log, "start")

    def stop(self, mode, check=True):
        """`fast` breaks all connections off; `immediate` is as a crash."""
        self._run("pg_ctl", "--wait", f"--mode={mode}", "stop", check=check)

    def _run(self, program, *arguments, check=True):
        run_as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*run_as, self._programs / program, "--pgdata", self._folder / "data"]
        subprocess.run(
            [*command, *arguments],
            check=check,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            timeout=120,
        )
