"""The target: an nginx of its own on a free loopback port, and its own count of the requests it was sent.

It knows nothing of the tools. Everything nginx writes lies in the folder it is given.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

BODY = '{"id":7,"name":"first item","tags":["a","b"],"price":12.5}'
STATUS = "/nginx_status"
_CONFIG = """\
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = {status} {{ stub_status; }}
        location / {{ default_type application/json; return 200 '{body}'; }}
    }}
}}
"""


class ServerError(Exception):
    """nginx is missing, or did not start."""


class Nginx:
    """A running nginx; a context manager that ends it, and nothing else, when left."""

    def __init__(self, folder: Path) -> None:
        program = find_nginx()
        if program is None:
            raise ServerError("nginx was not found (Debian: apt-get install nginx, or --install)")
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = folder / "nginx.conf"
        config.write_text(_CONFIG.format(folder=folder, port=self.port, status=STATUS, body=BODY))
        self._log = folder / "error.log"
        self._command = [program, "-p", str(folder), "-e", str(self._log), "-c", str(config)]
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: http.client.HTTPConnection | None = None
        self._own = 0

    def __enter__(self) -> Nginx:
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            self._wait_until_it_answers(self._process)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes], seconds: float = 10.0) -> None:
        """Asks for the status until there is one."""
        until = time.monotonic() + seconds
        while True:
            try:
                self._status()
                return
            except OSError:
                ended = process.poll() is not None
                if ended or time.monotonic() > until:
                    said = self._log.read_text().strip() if self._log.exists() else ""
                    raise ServerError(f"nginx did not start: {said or 'it said nothing'}") from None
                time.sleep(0.02)

    def served(self) -> int:
        """How many requests came so far, those for this count left out."""
        return int(_field(r"\n\s*\d+ \d+ (\d+)", self._status())) - self._own

    def wait_until_idle(self, seconds: float = 3.0) -> None:
        """Waits until no connection but the one for the status is open, so that tools do not meet each other."""
        until = time.monotonic() + seconds
        while int(_field(r"Active connections: (\d+)", self._status())) > 1 and time.monotonic() < until:
            time.sleep(0.02)

    def _status(self) -> str:
        """The status page, over one connection that is kept."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            self._connection.connect()
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._connection.request("GET", STATUS)
            text = self._connection.getresponse().read().decode()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self._connection = None
            raise OSError(f"nginx does not answer: {error}") from error
        self._own += 1
        return text

    def close(self) -> None:
        """Ends nginx by the id of its own process group."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def find_nginx() -> str | None:
    """nginx's path; Debian keeps it where an ordinary user's PATH does not look."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def _free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _field(pattern: str, text: str) -> str:
    """The first group of `pattern` in nginx's status."""
    found = re.search(pattern, text)
    if found is None:
        raise OSError(f"nginx's status could not be read: {text[:200]!r}")
    return found[1]
