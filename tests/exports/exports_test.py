#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of exports.py: each rule is broken once, and must be reported."""

import unittest

import exports

HEADER = """
#define MAINSTEM_API __attribute__((visibility("default")))
namespace mainstem {
namespace detail {
class store_state;
}
class position { std::uint64_t value() const { return value_; } };
[[nodiscard]] position parse_position(std::string_view text);
// class MAINSTEM_API in_a_comment {
class MAINSTEM_API store : public base {
 public:
  struct nested { int a{}; };
  enum class kind : int { one };
  void close();
};
class [[nodiscard]] error {
 public:
  MAINSTEM_API error(errc code);
  [[nodiscard]] MAINSTEM_API const std::string& message() const noexcept;
  friend MAINSTEM_API std::ostream& operator<<(std::ostream& out, const error& value);
};
[[nodiscard]] MAINSTEM_API event to_owned(const event_view& source);
}  // namespace mainstem
template <>
struct std::hash<mainstem::store> {
  MAINSTEM_API std::size_t operator()(const mainstem::store& it) const noexcept;
};
"""

SYMBOLS = [
    ("T", "mainstem::store::close"),
    ("T", "mainstem::error::error"),
    ("T", "mainstem::error::message[abi:cxx11]"),
    ("T", "mainstem::operator<<"),
    ("T", "mainstem::to_owned"),
    ("T", "std::hash<mainstem::store>::operator()"),
]


class Exports(unittest.TestCase):
    def findings(self, symbols):
        surface = exports.Surface()
        surface.read(HEADER)
        return exports.findings(surface, symbols)

    def assert_accepted(self, letter, name):
        self.assertEqual([], self.findings([*SYMBOLS, (letter, name)]))

    def assert_reported(self, letter, name):
        found = self.findings([*SYMBOLS, (letter, name)])
        self.assertEqual(1, len(found), found)
        self.assertIn(name, found[0])

    def test_what_is_marked(self):
        self.assertEqual([], self.findings(SYMBOLS))

    def test_what_belongs_to_a_marked_class(self):
        self.assert_accepted("V", "typeinfo name for mainstem::store")
        self.assert_accepted("V", "vtable for mainstem::store")
        self.assert_accepted("T", "mainstem::store::nested::nested")

    def test_weak_code_of_foreign_templates_about_public_types(self):
        self.assert_accepted("W", "std::vector<mainstem::position, std::allocator<int> >::reserve")
        self.assert_accepted("V", "vtable for boost::wrapexcept<mainstem::store>")
        self.assert_accepted("u", "std::_Sp_make_shared_tag::_S_ti()::__tag")

    def test_code_of_the_inside(self):
        self.assert_reported("T", "mainstem::engine::store_core::open")
        self.assert_reported("V", "typeinfo for mainstem::detail::store_state")
        self.assert_reported("T", "mainstem::storekeeper::close")

    def test_public_code_without_a_mark(self):
        self.assert_reported("T", "mainstem::position::to_string")
        self.assert_reported("T", "mainstem::error::secret")

    def test_foreign_code_that_is_not_weak(self):
        self.assert_reported("T", "boost::throw_exception")

    def test_other_libraries(self):
        self.assert_reported("W", "kj::ArrayPtr<int>::size")
        self.assert_reported("T", "mdb_env_open")
        self.assert_reported("R", "capnp::schemas::bp_d5b1d0b0f2f9f1d3")

    def test_foreign_templates_about_types_of_the_inside(self):
        self.assert_reported("W", "std::vector<mainstem::log::segment, std::allocator<int> >::reserve")

    def test_marked_function_that_is_not_there(self):
        found = self.findings([each for each in SYMBOLS if each[1] != "mainstem::to_owned"])
        self.assertEqual(["marked MAINSTEM_API, but not exported: mainstem::to_owned"], found)

    def test_marked_class_without_code(self):
        found = self.findings([each for each in SYMBOLS if each[1] != "mainstem::store::close"])
        self.assertEqual(["marked MAINSTEM_API, but the library has no code of it: mainstem::store"],
                         found)

    def unmarked(self, name, letter="T"):
        surface = exports.Surface()
        surface.read(HEADER)
        return exports.unmarked(surface, [*SYMBOLS, (letter, name)])

    def test_public_code_that_the_shared_library_hides(self):
        for name in ("mainstem::position::to_string[abi:cxx11]", "mainstem::parse_position"):
            found = self.unmarked(name)
            self.assertEqual(1, len(found), found)
            self.assertIn(name.replace("[abi:cxx11]", ""), found[0])

    def test_hidden_code_that_is_not_public(self):
        self.assertEqual([], self.unmarked("mainstem::engine::store_core::open"))
        self.assertEqual([], self.unmarked("mainstem::is_utf8"))
        self.assertEqual([], self.unmarked("mainstem::detail::store_state::close"))
        self.assertEqual([], self.unmarked("mainstem::position::value", letter="W"))


if __name__ == "__main__":
    unittest.main()
