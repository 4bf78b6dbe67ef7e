// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Marks what the library offers to programs: the classes and functions of the public headers whose
/// code is compiled into it. The shared library exports these and nothing else. Programs are
/// compiled alike for the static and the shared library: there is nothing to define.
///
/// It stands before the name of a class, and before the type that a function returns:
///
///     class MAINSTEM_API store { ... };
///     [[nodiscard]] MAINSTEM_API event to_owned(const event_view& source);
///
/// A class that has it exports all its members. Templates, inline functions and types without code
/// in the library need none, except for types that are thrown: they have it, so that a program that
/// hides its own symbols can catch them. In a `[[nodiscard]]` class it stands before the members
/// instead, since GCC 12 does not take both on one class.
///
/// A shared library of yours into which the static Mainstem is linked exports what is marked, too.
/// `-Wl,--exclude-libs,libmainstem.a` prevents it.
#define MAINSTEM_API __attribute__((visibility("default")))
