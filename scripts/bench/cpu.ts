import { readdirSync, readFileSync } from 'node:fs'

const TICKS_PER_S = 100

/** CPU time of one process in microseconds, its threads included; 0 when it is gone. Linux alone. */
function cpuOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_S) * 1_000_000
  } catch {
    return 0
  }
}
function parentOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return 0
  }
}
/** `pid` and everything that it started. */
function treeOf(root: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(Number(name))] as const),
  )
  const isIn = (pid: number): boolean => pid === root || (pid > 1 && isIn(parents.get(pid) ?? 0))
  return [...parents.keys()].filter(isIn)
}

/** CPU used so far by each named process tree, microseconds. Processes that ended in between are not counted. */
export function cpuByName(roots: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(roots).map(([name, pid]) => [name, treeOf(pid).reduce((sum, one) => sum + cpuOf(one), 0)]),
  )
}
