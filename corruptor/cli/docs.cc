// SPDX-License-Identifier: GPL-2.0-or-later
//
// The man page and the completion, made from the same table that parses the arguments: they cannot be
// wrong about an option. What no table knows (exit codes, the journal, the JSON) is written here.
#include <fmt/format.h>

#include "cli/cli.h"

namespace lab {

namespace {

std::string roff(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (c == '\\') result += "\\e";
    else if (c == '-') result += "\\-";
    else if ((c == '.' || c == '\'') && (result.empty() || result.back() == '\n')) result += std::string("\\&") + c;
    else result += c;
  }
  return result;
}

std::vector<const CLI::Option *> options_of(const CLI::App &sub, bool positional) {
  std::vector<const CLI::Option *> result;
  for (const CLI::Option *option : sub.get_options())
    if (option->get_positional() == positional) result.push_back(option);
  return result;
}

std::string synopsis(const CLI::App &sub) {
  std::string result = ".B corruptor " + roff(sub.get_name()) + "\n";
  for (const CLI::Option *option : options_of(sub, true)) {
    std::string name = option->get_name(true);
    for (char &c : name) c = static_cast<char>(std::toupper(c));
    result += fmt::format(".I {}{}{}\n", option->get_required() ? "" : "[", roff(name), option->get_required() ? "" : "]");
  }
  return result + "[options]\n.br\n";
}

constexpr const char *after_commands = R"roff(.SH EXIT STATUS
.TP
.B 0
done; for status, the newest plan is applied
.TP
.B 1
status: nothing is applied; diff: something differs
.TP
.B 2
misuse: an unknown path, a wrong scenario, a value out of range
.TP
.B 3
damage: the image does not hold what the request needs
.TP
.B 4
refused: it would be unsafe (in use, read\-only, another image, bytes changed since); for status, changed since
.TP
.B 5
partly applied: writing stopped in the middle; the same command finishes, undo takes back
.TP
.B 6
the operating system or the NBD server reported an error
.SH PATHS
.nf
path  = [ step { "." step | "->" [ step ] } ] [ "@" number [ "+" number ] ]
step  = name [ "[" key "]" ]
key   = number | '"' text '"' | "*" | [ number ] ":" [ number ]
.fi
.PP
Steps lead from the disk to a structure, the last one may be a field:
.B ntfs.mft[\(dq/dir/a.txt\(dq].data.run[0].lcn
\&. A range after @ names bytes of a structure, or of the disk:
.B @0x1f400+512
\&. Numbers are decimal, hexadecimal (0x), or carry a unit: 4KiB, 500MB.
.B corruptor fields
lists every path.
.PP
.B field\->
is what the number in a field points to, and can be gone on from:
.B ntfs.mft[5].index[\(dqa.txt\(dq].record\->data
\&. Stars and slices name many places, for
.B inspect
only:
.B ntfs.mft[0:5].file_name[*].name
\&.
.B corruptor inspect IMAGE @0x1f400
answers the other way round: which field, of which file, is at that byte of the disk.
.PP
.B corruptor walk
looks at everything once: whether structures, run lists, chains and sums hold together, and whether the maps of what is
in use agree with them. It repairs nothing.
.PP
.B corruptor files
reads all files by the structures alone, without a driver, so it has an answer where nothing mounts. A file that cannot be
read to its end is listed with the sum of the bytes before, and standard error says why.
.PP
A number can be set by its meaning:
.B PATH={at: self|free|last|/a/file|path}
is the number that points there,
.B {was: \-8}
the old one plus something,
.B {past: cluster, by: 1}
one that is past the end. A negative number is stored in two's complement.
.SH JOURNAL
Before the first write, all that undo needs is on disk in IMAGE.journal (JSON lines) and, for large ranges,
IMAGE.journal.data. Several plans may be applied to one image; undo takes back the last one.
What is on the disk is observed from its bytes, never remembered: after a crash, or Ctrl\-C,
.B corruptor status
tells how far it went.
.SH JSON
.TP
.B inspect
{path, structure, at, size, notes[], damage, damage_at, fields{name: {value, name, unit, at} or {damage, at}}, children[], more[{path, meaning}]};
with stars or slices {structures[], fields[as get]}; for @offset {bytes[{at, length, owners[{path, structure, meaning, text, file}]}]}
.TP
.B walk
{image, findings[{path, at, what}], finding_count, volumes[{path, at, counts{}}], bytes_read}; the first 10,000 findings
.TP
.B files
{image, volumes[{path, at, files[{path, size, sha256, trouble}]}], findings[{path, at, what}]}; of a file that cannot be read to its end size and sum are of the bytes before, and trouble says why
.TP
.B get
{path, value, name, unit, extents[{at, length}], volume{path, at}, points_to{at, in_volume, arithmetic}}; a range has bytes instead of value
.TP
.B apply, plan, set
{plan, seed, size, changes[{path, verb, before, after, extents[]}], patches[{at, length, before, after, why}]}, and journal and image where something was written; bytes are hexadecimal digits, {fill} or {length, head} where they are many
.TP
.B diff
{before, after, differences[{path, at, length, known, meaning, before, after or differs, file, note}]}
.TP
.B undo
{undone[{plan, was, bytes}], left}
.TP
.B status
{image, journal, plans[{plan, state, applied_bytes, total_bytes, conflict_count, conflicts[{at, before, after, found, why}]}]}
.TP
.B list
[{name, title, target, why, tags[]}]
.TP
.B show
{name, file, title, why, target, image, sources[], tags[], parameters[], needs[], prepare[], edits[], then[], expect, expect_lines}
.TP
.B fields
[{path, kind, meaning, specification, unit, source, bit_offset, bits, only_if, names, flags, computed}]
.TP
.B errors
{error{kind, exit_code, message, at}}, beside the message on standard error
.PP
An absent key, {damage} and 0 are three different answers. Offsets and sizes are bytes.
.SH ENVIRONMENT
.TP
.B NO_COLOR
no colour, even on a terminal
.SH SEE ALSO
qemu\-nbd(8), ntfsfix(8), fsck.fat(8), nbdkit(1)
)roff";

} // namespace

std::string man_page(const CLI::App &app) {
  std::string page = fmt::format(".TH CORRUPTOR 1 \"\" \"corruptor {}\"\n.SH NAME\ncorruptor \\- {}\n.SH SYNOPSIS\n", version(),
                                 roff("breaks disk images on purpose, field by field, and takes it back"));
  for (const CLI::App *sub : app.get_subcommands({})) page += synopsis(*sub);
  page += ".SH COMMANDS\n";
  for (const CLI::App *sub : app.get_subcommands({})) {
    page += fmt::format(".SS {}\n{}.\n", roff(sub->get_name()), roff(sub->get_description()));
    for (bool positional : {true, false})
      for (const CLI::Option *option : options_of(*sub, positional)) {
        std::string type = option->get_items_expected_max() > 0 && !positional ? " " + option->get_type_name() : "";
        page += fmt::format(".TP\n.B {}{}\n{}\n", roff(option->get_name(positional, true)), roff(type), roff(option->get_description()));
      }
    page += fmt::format(".PP\n{}\n", roff(sub->get_footer()));
  }
  return page + after_commands;
}

std::string bash_completion(const CLI::App &app) {
  std::string commands, cases;
  for (const CLI::App *sub : app.get_subcommands({})) {
    commands += (commands.empty() ? "" : " ") + sub->get_name();
    std::string flags;
    for (const CLI::Option *option : options_of(*sub, false))
      flags += (flags.empty() ? "" : " ") + option->get_name(false, false);
    bool scenario = sub->get_option_no_throw("scenario") != nullptr;
    cases += fmt::format("    {}) flags='{}'; scenario={} ;;\n", sub->get_name(), flags, scenario ? 1 : 0);
  }
  return fmt::format(R"sh(# bash completion for corruptor
_corruptor() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} flags='' scenario=0
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '{} --help --version' -- "$word"))
    return
  fi
  case ${{COMP_WORDS[1]}} in
{}  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *)
      COMPREPLY=($(compgen -f -- "$word"))
      if [ "$scenario" = 1 ] && [ "$COMP_CWORD" -eq 2 ]; then
        COMPREPLY+=($(compgen -W "$(corruptor list 2>/dev/null | cut -d' ' -f1)" -- "$word"))
      fi ;;
  esac
}}
complete -o filenames -F _corruptor corruptor
)sh",
                     commands, cases);
}

} // namespace lab
