#!/usr/bin/env python3
"""The checks are checked: each has a snippet that it must report and one that it must let pass."""
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
import banned
import format as format_check
import headers
import hygiene
import includes
import layers
import tidy
from common import Source

HTTP2 = "transport/hawser/http2/session.cc"


def texts(findings):
    return [finding.text for finding in findings]


class Common(unittest.TestCase):
    def test_comments_and_literals_are_no_code(self):
        text = "int a; // rand()\nchar b = '\"'; f(\"rand()\"); /* rand()\nrand() */ int c;\n"
        source = Source(HTTP2, text)
        code = [line for _, line in source.code_lines()]
        self.assertEqual(len(code), 3)
        self.assertFalse(any("rand" in line for line in code))
        self.assertIn("int c;", code[2])

    def test_digit_separators_open_no_literal(self):
        source = Source(HTTP2, "int a = 1'000; rand(); int b = 2'000;\n")
        self.assertIn("rand()", next(source.code_lines())[1])

    def test_an_excuse_needs_a_reason_and_its_own_rule(self):
        self.assertTrue(Source(HTTP2, "x  // lint: allow rand: a test\n").excuses(1, "rand"))
        self.assertTrue(Source(HTTP2, "// lint: allow rand: a test\nx\n").excuses(2, "rand"))
        self.assertTrue(Source(HTTP2, "// lint: allow rand: a test\nx\nx\n").excuses(3, "rand"))
        self.assertFalse(Source(HTTP2, "// lint: allow rand: a test\nx\nx\nx\n").excuses(4, "rand"))
        self.assertFalse(Source(HTTP2, "x  // lint: allow rand:\n").excuses(1, "rand"))
        self.assertFalse(Source(HTTP2, "x  // lint: allow sleep: a test\n").excuses(1, "rand"))


class Layers(unittest.TestCase):
    def findings(self, path, include):
        return texts(layers.check(Source(path, f"#include {include}\n")))

    def test_an_arrow_upward_is_reported(self):
        self.assertIn("may include base", self.findings(HTTP2, '"hawser/server/router.h"')[0])
        self.assertTrue(self.findings("transport/hawser/client/a.cc", '"hawser/server/router.h"'))
        self.assertTrue(self.findings("src/main.cc", '"hawser/http2/session.h"'))

    def test_an_arrow_of_the_table_passes(self):
        self.assertEqual(self.findings("transport/hawser/grpc/a.cc", '"hawser/http2/session.h"'), [])
        self.assertEqual(self.findings(HTTP2, '"hawser/base/result.h"'), [])
        self.assertEqual(self.findings("src/main.cc", '"hawser/net/address.h"'), [])

    def test_an_unknown_layer_is_reported(self):
        self.assertTrue(self.findings("transport/hawser/quic/a.cc", '"hawser/base/result.h"'))

    def test_folders_of_src_have_arrows_too(self):
        self.assertIn("src/keys must not", self.findings("src/keys/a.cc", '"src/keystore/keystore.h"')[0])
        self.assertIn("nothing", self.findings("src/crypto/a.cc", '"src/keys/key.h"')[0])
        self.assertTrue(self.findings("src/quantum/a.cc", '"src/crypto/hasher.h"'))
        for path in ("src/keystore/a.cc", "src/program/a.cc", "src/main.cc", "src/keys/a.cc"):
            self.assertEqual(self.findings(path, '"src/keys/key.h"'), [])

    def test_each_foreign_library_has_one_door(self):
        self.assertEqual(self.findings(HTTP2, "<nghttp2/nghttp2.h>"), [])
        for path, include in [
            ("transport/hawser/grpc/a.cc", "<nghttp2/nghttp2.h>"),
            ("transport/hawser/io/a.cc", "<sys/epoll.h>"),
            ("transport/hawser/io/a.cc", "<sys/socket.h>"),
            ("transport/hawser/server/a.cc", "<grpcpp/grpcpp.h>"),
            ("transport/hawser/server/a.cc", "<google/protobuf/message.h>"),
            ("tools/client/a.cc", "<openssl/ssl.h>"),
        ]:
            self.assertEqual(len(self.findings(path, include)), 1, (path, include))

    def test_a_commented_include_is_none(self):
        self.assertEqual(texts(layers.check(Source(HTTP2, '// #include "hawser/server/a.h"\n'))), [])


class Includes(unittest.TestCase):
    def findings(self, path, text, existing=()):
        return texts(includes.check(Source(path, text), lambda p: p in existing))

    def test_a_sibling_include_is_reported(self):
        self.assertIn("not a path from", self.findings(HTTP2, '#include "session.h"\n')[0])

    def test_a_rooted_or_generated_include_passes(self):
        existing = {"transport/hawser/base/result.h"}
        self.assertEqual(self.findings(HTTP2, '#include "hawser/base/result.h"\n', existing), [])
        self.assertEqual(self.findings("src/a.cc", '#include "echo.grpc.pb.h"\n'), [])
        own = {"src/echo/handler.h"}
        self.assertEqual(self.findings("src/echo/handler.cc", '#include "src/echo/handler.h"\n', own), [])

    def test_the_own_header_comes_first(self):
        existing = {"transport/hawser/http2/session.h"}
        own = '#include "hawser/http2/session.h"\n'
        self.assertEqual(self.findings(HTTP2, own + "#include <string>\n", existing), [])
        self.assertEqual(len(self.findings(HTTP2, "#include <string>\n" + own, existing)), 1)

    def test_a_header_opens_with_pragma_once(self):
        path = "transport/hawser/http2/session.h"
        self.assertEqual(self.findings(path, "// What it is.\n#pragma once\nint a;\n"), [])
        self.assertEqual(len(self.findings(path, "int a;\n#pragma once\n")), 1)


class Banned(unittest.TestCase):
    def rules(self, line, path=HTTP2):
        findings = texts(banned.check(Source(path, line + "\n")))
        return [text.rsplit("[", 1)[-1].rstrip("]") for text in findings]

    def test_each_ban_has_a_line_that_breaks_it(self):
        examples = {
            "abort": "std::abort();", "exit": "_exit(1);", "sleep": "usleep(5);", "copy": "strcpy(a, b);",
            "parse": "int a = atoi(text);", "rand": "int a = rand();", "strerror": "strerror(errno);",
            "localtime": "localtime(&t);", "strtok": "strtok(a, b);", "signal": "::signal(SIGPIPE, SIG_IGN);",
            "shell": 'system("ls");', "alloca": "alloca(5);", "setenv": "unsetenv(name);",
            "detach": "thread.detach();", "regex": "std::regex r;", "volatile": "volatile int a;",
            "endl": "out << std::endl;", "using-namespace": "using namespace std;",
            "const_cast": "const_cast<int*>(p);", "shared_ptr": "std::shared_ptr<int> p;",
            "print": "std::cout << 1;", "assert": "assert(a);",
        }
        self.assertEqual({ban.rule for ban in banned.BANS}, set(examples))
        for rule, line in examples.items():
            self.assertEqual(self.rules(line), [rule], line)

    def test_members_and_longer_names_pass(self):
        for line in ["void Wakeup::signal() {", "stream.abort();", "loop.sleep(5);", "static_assert(a);",
                     "on_exit(1);", "random(5);", "snprintf(a, b, c);", "std::system_category();"]:
            self.assertEqual(self.rules(line), [], line)

    def test_main_may_exit_and_programs_may_print(self):
        self.assertEqual(self.rules("std::exit(1);", "src/main.cc"), [])
        self.assertEqual(self.rules("std::cout << 1;", "tools/client/output.cc"), [])

    def test_an_assert_far_from_a_peer_passes(self):
        self.assertEqual(self.rules("assert(a);", "transport/hawser/event/loop.cc"), [])

    def test_an_excused_line_passes(self):
        self.assertEqual(self.rules("_exit(1);  // lint: allow exit: the child after a failed exec"), [])

    def test_catch_all_needs_a_comment(self):
        silent, told = "} catch (...) {\n}\n", "} catch (...) {\n  // Becomes INTERNAL below.\n}\n"
        self.assertEqual(len(list(banned.check(Source(HTTP2, silent)))), 1)
        self.assertEqual(list(banned.check(Source(HTTP2, told))), [])


class Hygiene(unittest.TestCase):
    def findings(self, text, path=HTTP2):
        return texts(hygiene.check_text(Source(path, text)))

    def test_each_untidy_line_is_reported(self):
        for line in ["\tint a;", "int a; ", "x" * 111, "// TODO(" + "now): write", "// FIX" + "ME",
                     "open(\"/ho" + "me/me/file\")"]:
            self.assertEqual(len(self.findings(line + "\n")), 1, line)

    def test_a_clean_line_passes(self):
        self.assertEqual(self.findings("int a;  // TODO(perf): /proc/net/tcp is read twice\n"), [])

    def test_a_missing_last_newline_is_reported(self):
        self.assertEqual(len(self.findings("int a;")), 1)

    def test_a_long_file_needs_a_reason(self):
        self.assertEqual(len(self.findings("int a;\n" * 401)), 1)
        self.assertEqual(self.findings("// Long file: one table.\n" + "int a;\n" * 401), [])
        self.assertEqual(self.findings("int a;\n" * 401, "tests/unit/http2/session_test.cc"), [])

    def test_a_source_that_nothing_builds_is_reported(self):
        source = Source(HTTP2, "")
        for text in ["'session.cc',", "'http2/session.cc'", "foreach name : ['session']"]:
            self.assertEqual(list(hygiene.check_built(source, lambda folder, text=text: text)), [], text)
        self.assertEqual(len(list(hygiene.check_built(source, lambda folder: "'my_session.cc'"))), 1)

    def test_a_header_that_nothing_includes_is_reported(self):
        source = Source("transport/hawser/http2/session.h", "")
        self.assertEqual(list(hygiene.check_used(source, {"hawser/http2/session.h"})), [])
        self.assertEqual(len(list(hygiene.check_used(source, {"hawser/http2/types.h"}))), 1)


class Headers(unittest.TestCase):
    def test_a_header_that_misses_an_include_fails_and_a_whole_one_passes(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "bad.h").write_text("#pragma once\nstd::string a();\n")
            Path(folder, "good.h").write_text("#pragma once\n#include <cstddef>\nstd::size_t a();\n")
            compiler = ["c++", "-I", folder]
            self.assertIn("error", headers.compile_alone(compiler, "bad.h")[0])
            error, read = headers.compile_alone(compiler, "good.h")
            self.assertIsNone(error)
            self.assertIn(str(Path(folder, "good.h")), read)
            self.assertTrue(headers.is_fresh(json.loads(json.dumps(read))))
            Path(folder, "good.h").write_text("#pragma once\n")
            self.assertFalse(headers.is_fresh(read))


class Format(unittest.TestCase):
    def test_the_tool_is_the_version_that_the_style_is_written_for(self):
        tool = format_check.find_tool()
        self.assertTrue(tool is None or "clang-format" in tool)

    def test_bad_blanks_are_reported(self):
        if format_check.find_tool() is None:
            self.skipTest("clang-format 14 is not installed")
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "bad.cc").write_text("int  a ;\n")
            Path(folder, "good.cc").write_text("int a;\n")
            self.assertNotEqual(format_check.run([str(Path(folder, "bad.cc"))]), 0)
            self.assertEqual(format_check.run([str(Path(folder, "good.cc"))]), 0)


class Tidy(unittest.TestCase):
    def test_a_file_without_known_headers_has_no_fingerprint(self):
        self.assertIsNone(tidy.fingerprint("tools/lint/common.py", []))

    def test_the_fingerprint_follows_the_contents(self):
        with tempfile.TemporaryDirectory() as folder:
            header = Path(folder, "a.h")
            header.write_text("1")
            first = tidy.fingerprint("tools/lint/common.py", [header])
            header.write_text("2")
            self.assertNotEqual(first, tidy.fingerprint("tools/lint/common.py", [header]))


if __name__ == "__main__":
    unittest.main()
