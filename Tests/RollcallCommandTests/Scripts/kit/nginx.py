"""An nginx that serves saved replies over TLS and HTTP/2, as a provider's front does. Needs nginx."""

import json, os, subprocess
from kit.fake_space import PROJECT
from kit.loopback import unused_port
from kit.waiting import until

BASE = f"api/laml/2010-04-01/Accounts/{PROJECT}/Conferences"


class Front:
    """Serves one conference from files; what it was asked and what it answered is in `requests`."""

    def __init__(self, folder, certificate, key, sid, options="gzip on; etag on;"):
        self.folder, self.sid, self.port = folder, sid, unused_port()
        self.origin = f"https://127.0.0.1:{self.port}"
        self.log = folder / "requests"
        (folder / "www" / BASE / sid).mkdir(parents=True)
        self.save(folder / "www" / BASE / f"{sid}.json", dict(sid=sid, friendly_name="wire", status="in-progress"))
        config = folder / "nginx.conf"
        config.write_text(f"""
daemon off; error_log {folder}/errors; pid {folder}/pid; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  log_format wire '{{"status":$status,"condition":"$http_if_none_match","encoding":"$sent_http_content_encoding",'
    '"protocol":"$server_protocol","uri":"$request_uri","bytes":$bytes_sent}}';
  access_log {self.log} wire;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  gzip_types application/json; gzip_min_length 0; {options}
  server {{
    listen 127.0.0.1:{self.port} ssl http2;
    ssl_certificate {certificate}; ssl_certificate_key {key};
    root {folder}/www; default_type application/json;
    location / {{ try_files $uri.json =404; }}
  }}
}}
""")
        self.process = subprocess.Popen(["nginx", "-c", str(config), "-e", str(folder / "errors")])
        until(lambda: (folder / "pid").exists() and (folder / "pid").read_text().strip())

    @staticmethod
    def save(path, value):
        """Replaces the file whole; nginx's tag for it is its time in seconds and its size."""
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(value))
        fresh.rename(path)

    def list(self, people, seconds=None):
        path = self.folder / "www" / BASE / self.sid / "Participants.json"
        self.save(path, dict(uri="/", next_page_uri=None, page=0, page_size=1000, participants=people))
        if seconds is not None:
            os.utime(path, (seconds, seconds))

    @property
    def requests(self):
        lines = [json.loads(line.replace("\\x22", '\\"')) for line in self.log.read_text().splitlines()]
        return [line for line in lines if "Participants" in line["uri"]]

    def stop(self):
        self.process.terminate()
        self.process.wait()
