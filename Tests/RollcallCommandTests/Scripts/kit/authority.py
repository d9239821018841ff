"""A certificate authority, and servers with its certificates. Needs openssl."""

import ssl, subprocess

NAMES = "subjectAltName=IP:127.0.0.1,DNS:localhost"


class Authority:
    """A certificate authority in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.config = f"{folder}/config"
        with open(self.config, "w") as config:
            config.write(f"[ca]\ndefault_ca=own\n[own]\ndatabase={folder}/index\nnew_certs_dir={folder}\nrand_serial=yes\n"
                         "default_md=sha256\npolicy=any\nunique_subject=no\ncopy_extensions=copy\n"
                         "[any]\ncommonName=supplied\n[req]\ndistinguished_name=dn\n[dn]\n")
        open(f"{folder}/index", "w").close()
        for name in ("ca", "stranger"):
            self.own(name, f"/CN={name}", "basicConstraints=critical,CA:TRUE")

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.folder)

    def own(self, name, subject, *extensions):
        """A self-signed certificate."""
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "30",
                     "-config", self.config, "-subj", subject, *(word for each in extensions for word in ("-addext", each)))

    def sign(self, name, *extensions, by="ca", start=None, stop=None, subject="/CN=127.0.0.1", bits="2048"):
        self.openssl("req", "-newkey", f"rsa:{bits}", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject,
                     "-config", self.config, *(word for each in extensions for word in ("-addext", each)))
        dates = [word for option, date in (("-startdate", start), ("-enddate", stop)) if date for word in (option, date)]
        self.openssl("ca", "-batch", "-config", self.config, "-in", f"{name}.csr", "-out", f"{name}.pem", "-cert", f"{by}.pem",
                     "-keyfile", f"{by}.key", "-notext", *(dates or ["-days", "30"]))

    def server(self, name, version=None, ciphers=None, weak=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if version:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
        if ciphers:
            context.set_ciphers(ciphers)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if weak:
            context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(f"{self.folder}/{name}.pem", f"{self.folder}/{name}.key")
        return context
