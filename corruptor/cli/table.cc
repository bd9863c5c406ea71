// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of commands: name, what it does, which options it takes, an example. --help, the man page
// and the completion all come from here.
#include "cli/cli.h"

namespace lab {

namespace {

enum Takes : unsigned {
  scenario = 1 << 0,
  image = 1 << 1,
  path = 1 << 2,
  optional_path = 1 << 3,
  values = 1 << 4,
  pattern = 1 << 5,
  planning = 1 << 6, ///< --seed, --journal, --force and what goes with writing
  where = 1 << 7,
  all = 1 << 8,
  document = 1 << 9,
  journal = 1 << 10,
  other_image = 1 << 11,
};

struct Command {
  const char *name;
  const char *meaning;
  unsigned takes;
  int (*run)(const Options &);
  const char *example;
};

constexpr Command commands[] = {
    {"apply", "Apply a scenario to an image", scenario | image | planning | journal, apply_command,
     "corruptor apply zero-dbr disk.qcow2"},
    {"plan", "Show what a scenario would write; touches nothing", scenario | image | planning, plan_command,
     "corruptor plan zero-dbr disk.qcow2 --json"},
    {"variants", "List a scenario's variants, a name each line; those of a sweep are found on the image", scenario | image,
     variants_command, "corruptor variants sweeps/ntfs-boot disk.qcow2"},
    {"undo", "Take back the last plan that was applied, or all of them", image | all | journal, undo_command,
     "corruptor undo disk.qcow2"},
    {"status", "Say which plans are on the disk: applied, not applied, partly, changed since", image | journal,
     status_command, "corruptor status disk.qcow2"},
    {"inspect", "Show a structure with its fields; damage is shown in its place", image | optional_path,
     inspect_command, "corruptor inspect disk.qcow2 'ntfs.mft[5]' --volume 2"},
    {"walk", "Look at every structure on the disk once: say what is wrong, and how many there are; exits with 3 if something is wrong",
     image, walk_command, "corruptor walk disk.qcow2"},
    {"files", "Print each file's SHA-256 and path as sha256sum does, read by the structures alone; exits with 3 if something cannot be read",
     image, files_command, "corruptor files disk.qcow2 > before; corruptor files repaired.qcow2 | diff before -"},
    {"get", "Print one field, or the bytes of a range", image | path | where, get_command,
     "corruptor get disk.qcow2 ntfs.boot.mft_lcn --where --volume 2"},
    {"set", "Set fields: planned, journaled and undoable like a scenario", image | values | planning | journal, set_command,
     "corruptor set disk.qcow2 ntfs.boot.mft_lcn=4 --volume 2"},
    {"diff", "Say what differs between two images, field by field; exits with 1 if something does", image | other_image, diff_command,
     "corruptor diff before.qcow2 after.raw"},
    {"list", "List the catalogue's scenarios", pattern, list_command, "corruptor list ntfs"},
    {"show", "Show a scenario: what it does, why, its parameters, what it expects", scenario, show_command,
     "corruptor show zero-dbr"},
    {"fields", "List every field that can be addressed; needs no image", pattern, fields_command,
     "corruptor fields ntfs.boot"},
    {"docs", "Print the man page, the bash completion, the scenarios' JSON Schema, or the reference of all fields", document, docs_command,
     "corruptor docs schema"},
};

void add_image_options(CLI::App &sub, Options &options, bool by_name) {
  sub.add_option("image", options.image, "raw, qcow2, vmdk, vdi, vhdx or vpc file, or an nbd:// or nbd+unix:// URI")->required();
  if (by_name)
    sub.add_option("--volume", options.volume, "which volume, if several fit: a partition's number, or offset=1MiB[,length=...]")
      ->type_name("N");
  sub.add_option("--format", options.format, "the image's format, instead of detecting it")
      ->check(CLI::IsMember({"raw", "qcow2", "vmdk", "vdi", "vhdx", "vpc"}))
      ->type_name("FORMAT");
}

void add_planning_options(CLI::App &sub, Options &options, bool writes) {
  sub.add_option("--seed", options.seed, "seed of the verb `random` (default 1)")->type_name("N");
  if (!writes) return;
  sub.add_option("--overlay", options.overlay, "write a new qcow2 backed by the image; leave the image untouched")->type_name("OUT");
  sub.add_flag("--dry-run", options.dry_run, "show the plan; touch nothing");
  sub.add_flag("--force", options.force, "overwrite bytes that changed since they were planned");
  sub.add_flag("--block-device", options.block_device, "allow the image to be a block device");
}

void add(CLI::App &app, const Command &command, Options &options, int (*&run)(const Options &)) {
  CLI::App *sub = app.add_subcommand(command.name, command.meaning);
  sub->footer(std::string("Example: ") + command.example);
  sub->callback([&run, &command] { run = command.run; });
  if (command.takes & scenario)
    sub->add_option("scenario", options.scenario, "a file, or a name from `corruptor list`")->required();
  if (command.takes & image) add_image_options(*sub, options, command.run != undo_command && command.run != status_command);
  if (command.takes & other_image) {
    sub->add_option("other", options.other, "the image to compare with, of any format")->required();
    sub->add_flag("--as-scenario", options.as_scenario, "print a scenario that turns the first image into the other");
  }
  if (command.takes & path) sub->add_option("path", options.path, "as ntfs.boot.mft_lcn, or @OFFSET+LENGTH")->required();
  if (command.takes & optional_path) sub->add_option("path", options.path, "a structure, as ntfs.mft[5]; without it, the disk");
  if (command.takes & values) sub->add_option("values", options.assignments, "PATH=VALUE ...")->required();
  if (command.takes & pattern) sub->add_option("pattern", options.pattern, command.run == fields_command ? "only paths that contain this, or fit it: ntfs.boot.*, ntfs.mft[5].data.run[*].lcn" : "only names that contain this");
  if (command.takes & document)
    sub->add_option("document", options.document, "man, completion, schema, or fields")
        ->required()
        ->check(CLI::IsMember({"man", "completion", "schema", "fields"}));
  if (command.takes & scenario) {
    sub->add_option("-D", options.definitions, "a parameter of the scenario; may be repeated")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    sub->add_option("--variant", options.variant, "a kind of the fault, from `corruptor show`")->type_name("NAME");
    if (command.takes & image) sub->add_flag("--prepare", options.prepare, "let foreign tools make what the scenario needs");
  }
  if (command.takes & planning) add_planning_options(*sub, options, command.run != plan_command);
  if (command.takes & journal)
    sub->add_option("--journal", options.journal, "where the journal is (default: IMAGE.journal)")->type_name("PATH");
  if (command.takes & all) {
    sub->add_flag("--all", options.all, "every plan of the journal, the newest first");
    sub->add_flag("--force", options.force, "take back even over bytes that changed since");
    sub->add_flag("--block-device", options.block_device, "allow the image to be a block device");
  }
  if (command.takes & where) sub->add_flag("--where", options.where, "print where it is stored and where it leads, with the arithmetic");
  if (!(command.takes & document)) sub->add_flag("--json", options.json, "JSON on standard output");
}

} // namespace

void describe_commands(CLI::App &app, Options &options, int (*&run)(const Options &)) {
  app.set_version_flag("--version", version());
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 1 no (status: not applied), 2 misuse, 3 damage, 4 refused,\n"
             "            5 partly applied, 6 I/O error.\n"
             "Example: corruptor apply zero-dbr disk.qcow2 && corruptor undo disk.qcow2");
  for (const Command &command : commands) add(app, command, options, run);
}

} // namespace lab
