#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that each rule of `floors` fires on a tree that breaks it, and on no other."""

import importlib.machinery
import importlib.util
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
HEADER = SPDX + "#pragma once\n"


def load_floors():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("floors", str(HERE / "floors"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("floors", loader))
    loader.exec_module(module)
    return module


floors = load_floors()


class FloorsTest(unittest.TestCase):
    def findings(self, files):
        with tempfile.TemporaryDirectory() as top:
            for name, text in files.items():
                path = pathlib.Path(top, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return floors.check(top)

    def assert_one(self, files, place, words):
        found = self.findings(files)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(place + ":"), found[0])
        self.assertIn(words, found[0])

    def test_accepts_includes_that_go_down(self):
        self.assertEqual([], self.findings({
            "include/mainstem/error.h": HEADER + "#include <boost/system/result.hpp>\n",
            "include/mainstem/async.h": HEADER + "#include <boost/asio/any_io_executor.hpp>\n",
            "include/mainstem/store.h": HEADER + "#include <mainstem/error.h>\n",
            "src/base/bytes.h": HEADER,
            "src/index/environment.cpp": SPDX + '#include "index/environment.h"\n#include <lmdb.h>\n',
            "src/engine/tail.cpp": SPDX + '#include "base/bytes.h"\n#include "log/reader.h"\n',
            "src/kafka/shipper.cpp": SPDX + "#include <librdkafka/rdkafkacpp.h>\n"
                                            "#include <mainstem/store.h>\n",
            "src/api/store.cpp": SPDX + '#include "engine/tail.h"\n#include <mainstem/store.h>\n',
        }))

    def test_include_up(self):
        self.assert_one({"src/log/reader.cpp": SPDX + '#include "engine/tail.h"\n'},
                        "src/log/reader.cpp:2", "floor 4): up")

    def test_include_up_by_one_floor(self):
        self.assert_one({"src/base/clock.h": HEADER + '#include "os/file.h"\n'},
                        "src/base/clock.h:3", ": up")

    def test_include_sideways_from_log_to_index(self):
        self.assert_one({"src/log/reader.h": HEADER + '#include "index/run.h"\n'},
                        "src/log/reader.h:3", "sideways")

    def test_include_sideways_from_index_to_log(self):
        self.assert_one({"src/index/run.h": HEADER + '#  include "log/reader.h"\n'},
                        "src/index/run.h:3", "sideways")

    def test_include_of_what_stands_above_the_api(self):
        self.assert_one({"src/api/store.cpp": SPDX + '#include "kafka/shipper.h"\n'},
                        "src/api/store.cpp:2", "up")

    def test_kafka_sees_public_headers_alone(self):
        self.assert_one({"src/kafka/inbox.cpp": SPDX + '#include "base/bytes.h"\n'},
                        "src/kafka/inbox.cpp:2", "public headers alone")

    def test_the_schema_parser_sees_public_headers_alone(self):
        self.assert_one({"src/schema/files.cpp": SPDX + '#include "base/bytes.h"\n'},
                        "src/schema/files.cpp:2", "public headers alone")

    def test_the_schema_parser_outside_its_folder(self):
        self.assert_one({"src/api/check.cpp": SPDX + "#include <capnp/schema-parser.h>\n"},
                        "src/api/check.cpp:2", "the parser of schemas")

    def test_include_not_written_from_src(self):
        self.assert_one({"src/log/reader.cpp": SPDX + '#include "reader.h"\n'},
                        "src/log/reader.cpp:2", "not written from src/")

    def test_folder_on_no_floor(self):
        self.assert_one({"src/misc/helpers.cpp": SPDX}, "src/misc/helpers.cpp:1", "no floor")

    def test_prefetching_that_the_compiler_may_drop(self):
        self.assert_one({"src/engine/tail.cpp": SPDX + "void f(void* at) { __builtin_prefetch(at); }\n"},
                        "src/engine/tail.cpp:2", "__builtin_prefetch")

    def test_lmdb_outside_the_index(self):
        self.assert_one({"src/engine/tail.cpp": SPDX + "#include <lmdb.h>\n"},
                        "src/engine/tail.cpp:2", "LMDB")

    def test_lmdb_in_a_public_header(self):
        self.assert_one({"include/mainstem/read.h": HEADER + "#include <lmdb.h>\n"},
                        "include/mainstem/read.h:3", "LMDB")

    def test_asio_below_the_api(self):
        self.assert_one({"src/engine/pipeline.h": HEADER + "#include <boost/asio.hpp>\n"},
                        "src/engine/pipeline.h:3", "Asio")

    def test_asio_folder_below_the_api(self):
        self.assert_one({"src/log/reader.cpp": SPDX + "#include <boost/asio/post.hpp>\n"},
                        "src/log/reader.cpp:2", "Asio")

    def test_librdkafka_outside_kafka(self):
        self.assert_one({"src/api/store.cpp": SPDX + "#include <librdkafka/rdkafka.h>\n"},
                        "src/api/store.cpp:2", "librdkafka")

    def test_file_io_outside_os(self):
        self.assert_one({"src/log/writer.cpp": SPDX + "#include <fstream>\n"},
                        "src/log/writer.cpp:2", "file I/O")

    def test_the_store_below_the_api(self):
        self.assert_one({"src/engine/tail.h": HEADER + "#include <mainstem/store.h>\n"},
                        "src/engine/tail.h:3", "the store")

    def test_store_reaches_asio_through_another_header(self):
        found = self.findings({
            "include/mainstem/store.h": HEADER + "#include <mainstem/read.h>\n",
            "include/mainstem/read.h": HEADER + "#include <mainstem/wait.h>\n",
            "include/mainstem/wait.h": HEADER + "#include <boost/asio/deferred.hpp>\n",
        })
        self.assertEqual(len(found), 1, found)
        self.assertIn("mainstem/read.h -> mainstem/wait.h -> boost/asio/deferred.hpp", found[0])

    def test_store_or_metadata_reaches_capnp_through_another_header(self):
        for start in ("store", "metadata"):
            found = self.findings({
                f"include/mainstem/{start}.h": HEADER + "#include <mainstem/capnp.h>\n",
                "include/mainstem/capnp.h": HEADER + "#include <kj/exception.h>\n",
            })
            self.assertEqual(len(found), 1, found)
            self.assertIn(f"{start}.h reaches Cap'n Proto", found[0])

    def test_public_header_includes_quoted(self):
        self.assert_one({"include/mainstem/read.h": HEADER + '#include "log/reader.h"\n'},
                        "include/mainstem/read.h:3", "public header")

    def test_public_header_includes_src_in_angle_brackets(self):
        self.assert_one({"include/mainstem/read.h": HEADER + "#include <log/reader.h>\n",
                         "src/log/reader.h": HEADER},
                        "include/mainstem/read.h:3", "public header")

    def test_missing_spdx_line(self):
        self.assert_one({"src/log/reader.cpp": "int x;\n"}, "src/log/reader.cpp:1", "SPDX")

    def test_spdx_line_comes_after_a_shebang(self):
        line = "# SPDX-License-Identifier: Apache-2.0\n"
        self.assertEqual([], self.findings({"tools/a.py": "#!/usr/bin/env python3\n" + line}))
        self.assert_one({"tools/a.py": "#!/usr/bin/env python3\n\n" + line}, "tools/a.py:1", "SPDX")

    def test_missing_spdx_line_in_cmake_and_in_an_empty_file(self):
        self.assert_one({"src/CMakeLists.txt": "add_subdirectory(base)\n"}, "src/CMakeLists.txt:1", "SPDX")
        self.assert_one({"tests/unit/a_test.cpp": ""}, "tests/unit/a_test.cpp:1", "SPDX")

    def test_build_folder_is_not_looked_at(self):
        self.assertEqual([], self.findings({"build/dev/generated.cpp": "int x;\n"}))

    def test_header_without_pragma_once(self):
        self.assert_one({"src/base/bytes.h": SPDX}, "src/base/bytes.h:1", "#pragma once")

    def test_macro_without_prefix_in_a_header(self):
        self.assert_one({"src/base/assert.h": HEADER + "#define ASSERT(x) x\n"},
                        "src/base/assert.h:3", "'ASSERT'")
        self.assertEqual([], self.findings({"src/base/assert.h": HEADER + "#define MAINSTEM_ASSERT(x)\n"}))

    def test_using_namespace_in_a_header(self):
        self.assert_one({"src/base/bytes.h": HEADER + "using namespace std;\n"},
                        "src/base/bytes.h:3", "using namespace")

    def test_type_not_in_snake_case(self):
        for declaration in ("class EventBatch {", "struct eventBatch;", "enum class Kind : int {",
                            "class MAINSTEM_API EventBatch {"):
            self.assert_one({"include/mainstem/read.h": HEADER + declaration + "\n"},
                            "include/mainstem/read.h:3", "snake_case")

    def test_template_parameters_may_be_in_camel_case(self):
        self.assertEqual([], self.findings({
            "src/base/bytes.h": HEADER + "template <class Number>\nstruct event_batch {};\n"}))

    def test_file_that_is_too_long(self):
        self.assert_one({"src/log/reader.cpp": SPDX + "\n" * 600}, "src/log/reader.cpp:600", "601 lines")


if __name__ == "__main__":
    unittest.main()
