// SPDX-License-Identifier: Apache-2.0
#include "os/huge_pages.h"

#include <sys/mman.h>

namespace mainstem::os {

void prefer_huge_pages(void* start, std::size_t bytes) noexcept {
  static_cast<void>(::madvise(start, bytes / huge_page_bytes * huge_page_bytes, MADV_HUGEPAGE));
}

}  // namespace mainstem::os
