// SPDX-License-Identifier: GPL-2.0-or-later
#include "look.h"

#include <sys/wait.h>

#include <cstdio>
#include <system_error>

#include "loop.h"
#include "partitions.h"
#include "text.h"
#include "volume.h"

namespace {

nlohmann::json run_script(const std::string &script) {
  std::string output;
  FILE *pipe = ::popen(("exec 2>&1\n" + script).c_str(), "re");
  for (int letter = std::fgetc(pipe); letter != EOF; letter = std::fgetc(pipe)) {
    output += static_cast<char>(letter);
  }
  const int status = ::pclose(pipe);
  return {{"output", as_text(output)}, {"code", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status)}};
}

} // namespace

nlohmann::json look(const nlohmann::json &request, const std::string &slot, Digests &digests) {
  nlohmann::json answer;
  try {
    const std::uint64_t size = request.at("size");
    Loop loop(slot, size, request.at("sector_size"), request.contains("partitions"));
    if (request.contains("mount")) {
      const nlohmann::json &mount = request["mount"];
      answer["mount"] =
          use_volume(mount.at("driver"), mount.at("access"), mount.value("options", ""), size, digests);
    }
    if (request.contains("partitions")) { answer["partitions"] = find_partitions(); }
    if (request.contains("script")) { answer["script"] = run_script(request["script"]); }
    answer["held"] = !loop.detach();
  } catch (const std::system_error &error) { answer["error"] = error.what(); }
  return answer;
}
