"""Links of a next page that must not be followed. Standard library only."""

from kit.fake_space import PROJECT


def forms(own, path, other, port6):
    """Links that must not be followed; the host and port of the space, the path of the list, another listener,
    and the port of one by IPv6."""
    query = "PageToken=PA1"
    port = other.rpartition(":")[2]
    account = path.replace(PROJECT, "22222222-2222-4222-8222-222222222222")
    conference = path.replace("SID", "00000000-0000-4001-8000-000000000000")
    hosts = [other, f"localhost:{port}", f"[::1]:{port6}", f"2130706433:{port}", f"0x7f000001:{port}",
             f"127.1:{port}", f"0177.0.0.1:{port}", f"[::ffff:127.0.0.1]:{port}", f"127.0.0.1.:{port}", "[::]:" + port,
             f"0.0.0.0:{port}", f"127。0。0。1:{port}", f"①②⑦.0.0.1:{port}", f"lоcalhost:{port}", f"xn--localhost-2of:{port}",
             f"LOCALHOST:{port}", f"{own}.{other}", f"{own}:{port}", own[:-1], own + "0", "", ":" + port, "example.org",
             "signalwire.com", "169.254.169.254"]
    for host in hosts:
        yield from (f"{scheme}//{host}{path}?{query}" for scheme in ("http:", "https:", "", "HTTP:", "ftp:"))
    for user in (f"{own}@", "user@", "user:pass@", f"{own}:80@", "%40", f"{own}%40", f"{own}%2f@", f"{own}?@", f"{own}#@",
                 f"{own}\\@", f"{own}/@", f"{own};@", f"{own} @", f"{own}\t@", f"{own},", f"{own}&@"):
        yield from (f"http://{user}{other}{path}?{query}", f"//{user}{other}{path}?{query}")
    for start in ("\\\\", "/\\", "\\/", "///", "////", "http:\\\\", "http:/", "http:", "http:///", "/\t/", "/\n/", "\t//", " //",
                  "\0//", "\ufeff//", "/%2f", "/%5c", "/./", "/.//", "/x/..//", "..//", "javascript://", "file://", "data:,",
                  "gopher://", "unix://", "dict://", "smb://", "http+unix://", "blob:http://", "jar:http://", "view-source:http://"):
        yield f"{start}{other}{path}?{query}"
    for inside in ("\r\n", "%0d%0a", "\n", "%0a", "\r", "%00", "\0", "%0D%0AHost:%20" + other, "\r\nHost: " + other, "\u2028",
                   "%", "%2", "%zz", "%7f", " ", "\t", "\\", "<", ">", '"', "{", "}", "|", "^", "`", "#",
                   "é", "\ud83d\ude00", "\u202e", "'", "(", ")", "*", "!", ";", "@" + other, "?", "[", "]", "$"):
        yield from (f"{path}?{query}{inside}x=1", f"http://{own}{path}?{query}{inside}x=1")
    for other_path in (account, conference, path + "/", path + "//", path + "/x", path[:-1], path + "s", path.upper(), "/", "", "/x",
                       path.replace("/Participants", ""), path.replace("/Participants", "/Recordings"), "//" + path[1:],
                       path.replace("/Accounts/", "/Accounts/../Accounts/"), path.replace("/Accounts", "/./Accounts"),
                       path.replace("/Accounts", "/%2e%2e/laml/2010-04-01/Accounts"), path + "/..", path + "/../Participants",
                       path + "/.", path + ";a=1", path + "%2f", path + "%00", path + ".xml", path + ".json.json", "." + path,
                       ".." + path, path.replace("/", "\\"), path.replace("/", "%2f"), path.replace("laml", "l%61ml"),
                       path.replace("/api/laml", "/api"), path.replace("/api/laml", "/laml"), account + "?a=" + path):
        yield from (f"{other_path}?{query}", f"http://{own}{other_path}?{query}")
    for bare in (path, f"http://{own}{path}", path + "?", "?", "#", "?#", ".", "..", "null", "0", " ", "a" * 3000,
                 f"{path}?{query}" + "x" * 2048, f"{path}?" + "a=1&" * 700, f"http://{own}", f"http://{own}?{query}", "?" + query,
                 query, "Participants?" + query, "/" * 2000, "%2f" * 600, "../" * 600 + "?" + query):
        yield bare
