// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <ostream>

#include "common/figures_table.h"
#include "common/progress_line.h"

namespace checkout {

void print_demo(std::ostream& out, const options& chosen, const writing_figures& writing,
                const verification_figures& found) {
  const command_figures& commands = *writing.commands;
  out << "\ncheckout: " << chosen.workers << " workers, " << chosen.items << " stock items, "
      << chosen.seconds << " seconds, seed " << chosen.seed << '\n';
  figures_table lines(out);
  lines.line("orders", found.orders,
             grouped(found.shipped) + " shipped, " + grouped(found.cancelled) + " cancelled");
  lines.line("commits", commands.commits, "order, stock and customer in one, synced");
  lines.line("commits per second", static_cast<std::uint64_t>(writing.commits_per_second()),
             "while a writer was there");
  lines.line("commit, p50", duration(commands.latencies.quantile(0.5)),
             "from the append to its answer, all processes together");
  lines.line("commit, p99", duration(commands.latencies.quantile(0.99)));
  lines.line("commit, p99.9", duration(commands.latencies.quantile(0.999)));
  lines.line("conflicts retried", commands.conflicts,
             "read again, decided again; one command " + grouped(commands.most_conflicts) +
                 " times at most");
  lines.line("refused: sold out", commands.sold_out);
  lines.line("refused: no credit", commands.over_credit_limit);
  lines.line("kills of the writer", writing.kills, "SIGKILL; each time another one went on");
  lines.line("longest recovery", duration(writing.longest_recovery));
  lines.line("already committed", commands.already_committed,
             "submitted again after a kill, or by two: done once");
  print_verification(out, found);
  lines.line("kills of the follower", writing.follower_kills, "it went on at its checkpoint");
}

void print_verification(std::ostream& out, const verification_figures& found) {
  figures_table lines(out);
  lines.line("events", found.events, grouped(found.sold) + " pieces sold");
  lines.line("orders left unfinished", found.unfinished());
  lines.line("oversold", found.oversold, "at any position of the log");
  lines.line("rules broken", found.rules_broken, "orders, stock and customers, against each other");
  if (found.out_of_order != 0) lines.line("events out of order", found.out_of_order);
  lines.line("commits acknowledged", found.acknowledged);
  lines.line("acknowledged and lost", found.lost);
  lines.line("events followed", found.followed,
             found.follower_agrees ? "everything, once, in order" : "NOT WHAT IS IN THE LOG");
}

void print_remarks(std::ostream& out, const verification_figures& found) {
  for (const std::string& remark : found.remarks) out << "checkout: " << remark << '\n';
}

}  // namespace checkout
