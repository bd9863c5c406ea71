// SPDX-License-Identifier: GPL-2.0-or-later
//
// Shortcuts from the volume to what its smaller system files hold.
#pragma once

#include "schema/struct.h"

namespace lab::ntfs {

/// $AttrDef's rows, as `attrdef[n]`.
void each_attribute_definition(const Node &volume, const Visit &visit);

/// The stream $Info of $UpCase; none if the volume is older than Windows 8.
std::optional<Node> find_upcase_information(const Node &volume, const Key &);

/// The stream $Bad of $BadClus.
std::optional<Node> find_bad_clusters(const Node &volume, const Key &);

/// /hiberfil.sys. Misuse if there is none.
std::optional<Node> find_hiberfile(const Node &volume, const Key &);

// The entries of the indexes below /$Extend, as children of the volume. Misuse if there is no such file.
void each_object_id(const Node &volume, const Visit &visit);     ///< $ObjId:$O, as `object_ids[n]`
void each_quota_owner(const Node &volume, const Visit &visit);   ///< $Quota:$O, as `quota_owners[n]`
void each_quota(const Node &volume, const Visit &visit);         ///< $Quota:$Q, as `quotas[n]`
void each_reparse_point(const Node &volume, const Visit &visit); ///< $Reparse:$R, as `reparse_points[n]`

} // namespace lab::ntfs
