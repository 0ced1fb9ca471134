#!/usr/bin/python3
"""grpcio_crypto_test.py HAWSER_SERVER: Python's grpcio with the original proto of the signing service, which
knows nothing of what came later; `openssl` judges the signatures.
"""
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import grpc

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e"))
from programs import Server  # noqa: E402

SERVER = sys.argv[1]
PROTOS = Path(__file__).resolve().parents[1] / "proto"
LIMIT = 60  # seconds; bounds only what hangs
MESSAGE = b"signed for a client of old"
PSS = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest",
       "-sigopt", "rsa_mgf1_md:sha256"]


def load_messages():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["protoc", f"--proto_path={PROTOS}", f"--python_out={folder}",
                        "crypto_original.proto"], check=True)
        sys.path.insert(0, folder)
        import crypto_original_pb2
        sys.path.remove(folder)
    return crypto_original_pb2


messages = load_messages()


class OriginalClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(SERVER)
        cls.addClassCleanup(cls.server.__exit__)
        channel = grpc.insecure_channel(cls.server.address)
        cls.addClassCleanup(channel.close)
        methods = (("Sign", messages.SignRequest, messages.SignResponse),
                   ("GetPublicKey", messages.PublicKeyRequest, messages.PublicKeyResponse))
        for method, request, response in methods:
            call = channel.unary_unary(f"/crypto.CryptoService/{method}",
                                       request_serializer=request.SerializeToString,
                                       response_deserializer=response.FromString)
            setattr(cls, method, staticmethod(cls.patient(call)))

    @staticmethod
    def patient(call):
        """While the server makes its RSA key it says UNAVAILABLE: try again."""
        def attempt(request):
            end = time.monotonic() + LIMIT
            while True:
                try:
                    return call(request, timeout=LIMIT)
                except grpc.RpcError as error:
                    if error.code() != grpc.StatusCode.UNAVAILABLE or time.monotonic() > end:
                        raise
                    time.sleep(0.02)
        return attempt

    def sign(self, algorithm, **more):
        is_rsa = algorithm in (messages.RSA_PKCS1_SHA256, messages.RSA_PSS_SHA256)
        kind = messages.RSA if is_rsa else messages.ECC
        return self.Sign(messages.SignRequest(key_type=kind, algorithm=algorithm, timestamp=1234567, **more))

    def openssl_accepts(self, key_der, signature, message, options=()):
        with tempfile.TemporaryDirectory() as folder:
            paths = {}
            for name, content in (("key", key_der), ("signature", signature), ("message", message)):
                paths[name] = str(Path(folder) / name)
                Path(paths[name]).write_bytes(content)
            command = ["openssl", "dgst", "-sha256", "-verify", paths["key"], "-keyform", "DER", *options,
                       "-signature", paths["signature"], paths["message"]]
            return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def test_signatures_are_right_and_replies_say_what_was_asked(self):
        for algorithm, kind, options in ((messages.RSA_PKCS1_SHA256, messages.RSA, []),
                                         (messages.RSA_PSS_SHA256, messages.RSA, PSS),
                                         (messages.ECDSA_P256_SHA256, messages.ECC, [])):
            with self.subTest(messages.SigningAlgorithm.Name(algorithm)):
                key = self.GetPublicKey(messages.PublicKeyRequest(key_type=kind, timestamp=7))
                self.assertEqual((key.key_type, key.request_timestamp), (kind, 7))
                reply = self.sign(algorithm, data=MESSAGE)
                self.assertEqual((reply.key_type, reply.algorithm), (kind, algorithm))
                self.assertEqual(reply.request_timestamp, 1234567)
                self.assertLess(abs(reply.response_timestamp / 1000 - time.time()), 3600)
                for message, is_signed in ((MESSAGE, True), (MESSAGE[1:], False)):
                    accepted = self.openssl_accepts(key.public_key_der, reply.signature, message, options)
                    self.assertEqual(accepted, is_signed)

    def test_the_replies_hold_nothing_that_such_a_client_does_not_know(self):
        for reply in (self.sign(messages.ECDSA_P384_SHA256, data=MESSAGE),
                      self.GetPublicKey(messages.PublicKeyRequest(key_type=messages.ECC, timestamp=7))):
            whole = reply.SerializeToString()
            reply.DiscardUnknownFields()
            self.assertEqual(reply.SerializeToString(), whole)

    def test_empty_data_and_a_request_without_anything_are_signed(self):
        key = self.GetPublicKey(messages.PublicKeyRequest())
        for request in (messages.SignRequest(), messages.SignRequest(data=b"")):
            reply = self.Sign(request)
            self.assertTrue(self.openssl_accepts(key.public_key_der, reply.signature, b""))

    def test_an_algorithm_that_does_not_go_with_the_key_type_is_invalid(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.Sign(messages.SignRequest(key_type=messages.ECC, algorithm=messages.RSA_PSS_SHA256))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
