"""A Redis of its own on loopback, that can be killed and started again."""

import shutil
import socket
import subprocess
import time

from served import NOWHERE


class RedisServer:
    """Runs until the end of the block; it keeps nothing on disk, so a restart loses everything.

    Args:
        password: what who comes in has to give; nothing when it is empty.
    """

    def __init__(self, password=""):
        program = shutil.which("redis-server")
        assert program, "Redis is not installed: run scripts/test-tools.sh"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._command += ["--requirepass", password] if password else []
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        """Returns when it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < deadline and self._process.poll() is None
                time.sleep(0.02)

    def kill(self):
        """As `kill -9` does; also when it does not run."""
        self._process.kill()
        self._process.wait(20)


AWAY = f"redis://127.0.0.1:{NOWHERE}/0"
