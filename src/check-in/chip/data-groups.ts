import { createHash } from 'node:crypto'
import { type CheckResult, failed, notDone, passed } from './checks.ts'
import type { ChipPolicy } from './policy.ts'
import type { SecurityObject } from './sod.ts'

/** Raw files of the groups by number, tag and length included, as read from the chip. */
export type DataGroups = ReadonlyMap<number, Uint8Array>

/** Groups that a check-in needs: machine-readable zone, citizen data, key of the chip. */
export const GROUPS_NEEDED: readonly number[] = [1, 13, 15]

/** Each group that was sent or is needed, against its hash in the security object; without a security object nothing is proven. */
export function checkDataGroups(
  groups: DataGroups,
  sod: SecurityObject | undefined,
  policy: ChipPolicy,
): ReadonlyMap<number, CheckResult> {
  const numbers = [...new Set([...GROUPS_NEEDED, ...groups.keys()])].sort((one, other) => one - other)
  return new Map(numbers.map((number) => [number, checkGroup(groups.get(number), number, sod, policy)]))
}

function checkGroup(
  bytes: Uint8Array | undefined,
  number: number,
  sod: SecurityObject | undefined,
  policy: ChipPolicy,
): CheckResult {
  if (bytes === undefined || bytes.length === 0) return notDone('group_missing')
  if (bytes.length > policy.groupBytesMax) return failed('group_too_large')
  if (sod === undefined) return notDone('needs_earlier_check')
  const expected = sod.groupHashes.get(number)
  if (expected === undefined) return failed('group_not_signed')
  return createHash(sod.hash).update(bytes).digest('hex') === expected ? passed : failed('group_altered')
}
