"""Strategic merge patch: merge by the strategies and keys that a schema declares.

Source: apimachinery pkg/util/strategicpatch (StrategicMergeMapPatch). Directives:

    $patch: replace | delete            in a map; in a keyed list's item also merge, refused
    $retainKeys: [...]                  drop the map's other keys
    $setElementOrder/list: [...]        order of a merged list
    $deleteFromPrimitiveList/list       items to take out of a merged list of scalars

The schema that tells how to merge is `strategic_schema.PatchSchema`; the opposite direction,
from two objects to a patch, is in `strategic_diff`.
"""
