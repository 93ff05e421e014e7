/** A small generator of one seed, so that a claim of the long runs can be made again from its number alone. */
export interface Random {
  /** Whole, both ends included. */
  readonly int: (from: number, to: number) => number
  readonly pick: <T>(of: readonly T[]) => T
  /** True with this probability. */
  readonly chance: (probability: number) => boolean
  /** True with this probability, times how untidy this seed's hospital is: half of them make no mistake. */
  readonly wrong: (probability: number) => boolean
}

/** Mulberry32. */
export function randomOf(seed: number, untidySeed = seed): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const int = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  const untidy = [0, 0, 0, 1, 1, 3][untidySeed % 6]!
  const chance = (probability: number) => next() < probability
  return { int, pick: (of) => of[int(0, of.length - 1)]!, chance, wrong: (probability) => chance(probability * untidy) }
}
