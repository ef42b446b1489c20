"""That script/layers finds each kind of breach, and nothing in a tree that keeps the rules."""
import subprocess
import tempfile
import unittest
from pathlib import Path

LAYERS = Path(__file__).resolve().parents[2] / "script/layers"


def run(files):
    """The lines that script/layers prints for a tree of these files, checked against its exit code."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run([LAYERS, root], capture_output=True, text=True, timeout=30)
    lines = done.stdout.splitlines()
    assert done.returncode == (1 if lines else 0), done
    assert not done.stderr, done.stderr
    return lines


class Layers(unittest.TestCase):
    def breach(self, name, include, rule, **others):
        """That `name` with that include, on line 2, is the one breach, and that its line says `rule`."""
        lines = run({name: f"// what it is\n#include {include}\n", **others})
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith(f"{name}:2: "), lines)
        self.assertIn(rule, lines[0])

    def test_a_tree_that_keeps_the_rules(self):
        self.assertEqual(run({
            "src/core/a.h": '#include <string>\n#include "belfry/result.h"\n',
            "src/runtime/a.h": '#include <uv.h>\n#include "core/a.h"\n#include "belfry/options.h"\n',
            "src/store/sqlite/a.cpp": '#include <sqlite3.h>\n#include "runtime/a.h"\n',
            "src/http/a.cpp": '#include <boost/beast/http.hpp>\n#include <boost/beast/core.hpp>\n',
            "src/services/presence/a.h": '#include "services/presence/b.h"\n#include "store/a.h"\n#include "services/bus.h"\n',
            "src/apps/health/a.h": '#include "services/presence/a.h"\n#include "apps/app.h"\n#include "apps/health/b.h"\n#include "apps/common/a.h"\n',
            "src/server/main.cpp": '#include "apps/health/a.h"\n#include "belfry/server.h"\n',
            "include/belfry/result.h": "#include <string>\n",
            "include/belfry/server.h": '#include "belfry/result.h"\n',
            "bench/server/main.cpp": '#include "belfry/server.h"\n#include "handlers.h"\n',
        }), [])

    def test_climbing(self):
        self.breach("src/core/a.h", '"runtime/b.h"', "core (level 0) must not include runtime (level 1)")
        self.breach("src/apps/health/a.h", '"server/b.h"', "apps (level 5) must not include server (level 6)")

    def test_neighbours_of_one_level(self):
        self.breach("src/net/a.cpp", '"socketio/b.h"', "net (level 2) must not include socketio (level 2)")
        self.breach("src/engineio/a.cpp", "<websocket/b.h>", "must not include websocket")

    def test_tests_keep_the_rules_too(self):
        self.breach("src/http/a_test.cpp", '"net/b.h"', "http (level 1) must not include net (level 2)")

    def test_services_and_apps_know_no_other(self):
        self.breach("src/services/presence/a.h", '"services/calls/b.h"', "do not know each other")
        self.breach("src/apps/health/a.h", '"apps/care/b.h"', "do not know each other")
        self.breach("src/apps/common/a.h", '"apps/care/b.h"', "do not know each other")

    def test_services_know_no_socket(self):
        self.breach("src/services/presence/a.h", '"net/b.h"', "services must not include net")
        self.breach("src/services/presence/a.h", '"api/b.h"', "services must not include api")

    def test_public_headers(self):
        self.breach("src/core/a.h", '"belfry/options.h"', "(level 1)")
        self.breach("src/socketio/a.h", '"belfry/server.h"', "(level 3)")
        self.breach("src/api/a.h", '"belfry/other.h"', "has no level")
        self.breach("include/belfry/value.h", '"belfry/socket.h"', "(level 3)")
        self.breach("include/belfry/value.h", '"core/a.h"', "a public header must not include core/a.h")

    def test_confined_headers(self):
        self.breach("src/http/a.cpp", "<uv.h>", "uv.h may be included in net, redis, runtime only")
        self.breach("src/services/a.cpp", "<sqlite3.h>", "sqlite3.h may be included in store only")
        self.breach("src/net/a.cpp", "<boost/beast/core.hpp>", "boost/beast may be included in one file only",
                    **{"src/http/a.cpp": "#include <boost/beast/http.hpp>\n"})

    def test_users_of_the_library(self):
        self.breach("bench/server/main.cpp", '"net/listener.h"', "public headers and its own files only")
        self.breach("examples/chat/main.cpp", "<uv.h>", "public headers and its own files only")

    def test_unknown_folders(self):
        self.assertIn("src/util has no level", run({"src/util/a.h": ""})[0])
        self.assertIn("no level", run({"include/belfry/util.h": ""})[0])


if __name__ == "__main__":
    unittest.main()
