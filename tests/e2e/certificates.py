"""Certificates for tests, made by the openssl command in a scratch folder: EC P-256, for a month."""
import subprocess
from pathlib import Path


def openssl(*command, **options):
    return subprocess.run(["openssl", *command], capture_output=True, text=True, timeout=60, **options)


class Authority:
    """A CA whose certificate is FOLDER/ca.pem."""

    def __init__(self, folder, name="ca"):
        self.folder = Path(folder)
        self.file = str(self.folder / f"{name}.pem")
        self.key = str(self.folder / f"{name}.key")
        self.check(openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                           "-keyout", self.key, "-out", self.file, "-days", "30", "-subj", f"/CN={name}"))

    @staticmethod
    def check(done):
        if done.returncode:
            raise RuntimeError(done.stderr)

    def issue(self, name, alternatives):
        """Gives the paths of a certificate and its key."""
        certificate, key = (str(self.folder / f"{name}.{end}") for end in ("pem", "key"))
        request = self.folder / f"{name}.csr"
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={alternatives}\n")
        self.check(openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                           "-keyout", key, "-out", request, "-subj", f"/CN={name}"))
        self.check(openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key, "-days",
                           "30", "-CAcreateserial", "-extfile", extensions, "-out", certificate))
        return certificate, key
