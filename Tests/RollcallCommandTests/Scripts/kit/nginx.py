"""An nginx that speaks TLS and HTTP/2, as a provider's front does. Needs nginx."""

import json, os, subprocess
from kit.fake_space import PROJECT
from kit.loopback import unused_port
from kit.waiting import until

BASE = f"api/laml/2010-04-01/Accounts/{PROJECT}/Conferences"


class Nginx:
    """An nginx in a folder of its own, with one worker, so that no other configuration applies."""

    def __init__(self, folder, http):
        self.folder = folder
        config = folder / "nginx.conf"
        config.write_text(f"""
daemon off; error_log {folder}/errors; pid {folder}/pid; worker_processes 1; worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  gzip_types application/json; gzip_min_length 0;
{http}
}}
""")
        self.process = subprocess.Popen(["nginx", "-c", str(config), "-e", str(folder / "errors")])
        until(lambda: (folder / "pid").exists() and (folder / "pid").read_text().strip())

    @staticmethod
    def listens(port, certificate, key):
        """Returns the directives of a server that speaks TLS and HTTP/2."""
        return f"listen 127.0.0.1:{port} ssl http2; ssl_certificate {certificate}; ssl_certificate_key {key};"

    def stop(self):
        self.process.terminate()
        self.process.wait()


SID = "00000000-0000-4000-8000-000000000001"


def person(number, **state):
    """Returns a participant of the conference, as a list shows them."""
    return dict(dict(
        account_sid="a", call_sid=f"call-{number:04d}", call_sid_to_coach=None, coaching=False, conference_sid=SID,
        date_created="Mon, 23 Nov 2026 09:00:00 +0000", date_updated="Mon, 23 Nov 2026 09:00:00 +0000",
        end_conference_on_exit=False, hold=False, muted=False, start_conference_on_enter=True, status="in-progress",
        uri=f"/{number}.json"), **state)


class Front(Nginx):
    """Serves one conference from files; `requests` has the requests and their replies."""

    def __init__(self, folder, certificate, key, sid, options="gzip on; etag on;"):
        self.sid, self.port = sid, unused_port()
        self.origin = f"https://127.0.0.1:{self.port}"
        self.log = folder / "requests"
        (folder / "www" / BASE / sid).mkdir(parents=True)
        self.save(folder / "www" / BASE / f"{sid}.json", dict(sid=sid, friendly_name="wire", status="in-progress"))
        super().__init__(folder, f"""
  log_format wire '{{"status":$status,"condition":"$http_if_none_match","encoding":"$sent_http_content_encoding",'
    '"protocol":"$server_protocol","uri":"$request_uri","bytes":$bytes_sent}}';
  access_log {self.log} wire; {options}
  server {{
    {self.listens(self.port, certificate, key)}
    root {folder}/www; default_type application/json;
    location / {{ try_files $uri.json =404; }}
  }}
""")

    @staticmethod
    def save(path, value):
        """Replaces the file atomically; nginx's tag for it consists of its time in seconds and its size."""
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


class Proxy(Nginx):
    """Stands in front of a plain HTTP server. Each way of answering has a port of its own:

    * `tags`: the server is asked for tags (`X-Tagged`), and replies are compressed;
    * `gzip`: the same contents have the same compressed bytes each time;
    * `varied`: replies are compressed in two ways, alternately.
    """

    def __init__(self, folder, certificate, key, port):
        self.ports = {way: unused_port() for way in ("tags", "gzip", "varied")}
        listens = {way: self.listens(port, certificate, key) for way, port in self.ports.items()}
        super().__init__(folder, f"""
  access_log off; gzip on; gzip_proxied any; gzip_comp_level 1;
  keepalive_requests 100000000; keepalive_timeout 1h; http2_max_concurrent_streams 512;
  upstream space {{ server 127.0.0.1:{port}; keepalive 200; }}
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffers 64 16k; proxy_max_temp_file_size 0;
  map $connection_requests $is_odd {{ ~[13579]$ 1; default 0; }}
  server {{
    {listens["tags"]}
    location / {{
      proxy_set_header X-Tagged yes; proxy_set_header Connection ""; proxy_pass http://space;
    }}
  }}
  server {{
    {listens["gzip"]}
    location / {{ proxy_pass http://space; }}
  }}
  server {{
    {listens["varied"]}
    location / {{
      if ($is_odd) {{ rewrite ^(.*)$ /odd$1 last; }}
      proxy_pass http://space;
    }}
    location /odd/ {{ internal; gzip_comp_level 2; proxy_pass http://space/; }}
  }}
""")
