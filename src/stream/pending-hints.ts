const HINT_EVERY_MS = 1_000

/**
 * How far the ledger is in the partitions of one consumer, on its way to the log: stored about once a second, and kept until it is
 * stored or its partition was lost. The next owner of a lost one says anew how far the ledger is.
 */
export class PendingHints {
  readonly #store: (next: ReadonlyMap<number, number>) => Promise<boolean>
  readonly #onTrouble: (cause: unknown) => void
  readonly #next = new Map<number, number>()
  #timer: NodeJS.Timeout | undefined
  #storing: Promise<void> | undefined
  #closed = false

  /** `store` answers `false` when it cannot be done now. */
  constructor(store: (next: ReadonlyMap<number, number>) => Promise<boolean>, onTrouble: (cause: unknown) => void) {
    this.#store = store
    this.#onTrouble = onTrouble
  }

  give(next: ReadonlyMap<number, number>): void {
    for (const [partition, offset] of next) this.#next.set(partition, offset)
    this.#schedule()
  }

  forget(isLost: (partition: number) => boolean): void {
    for (const partition of [...this.#next.keys()]) if (isLost(partition)) this.#next.delete(partition)
  }

  /** Stores what waits, once more. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#storing
    await this.#flush()
  }

  #schedule(): void {
    if (this.#closed || this.#storing || this.#next.size === 0) return
    this.#timer ??= setTimeout(() => void this.#flush(), HINT_EVERY_MS)
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#next.size === 0) return
    this.#storing = this.#storeAll()
    await this.#storing
    this.#storing = undefined
    this.#schedule()
  }

  async #storeAll(): Promise<void> {
    const given = new Map(this.#next)
    try {
      if (!(await this.#store(given))) return
    } catch (cause) {
      this.#onTrouble(cause)
      return
    }
    for (const [partition, offset] of given) if (this.#next.get(partition) === offset) this.#next.delete(partition)
  }
}
