export interface BenchOptions {
  readonly seconds: number
  readonly warmUpS: number
  readonly repeats: number
  readonly size: 'small' | 'typical' | 'large'
  readonly connections: number
  readonly members: number
  /** Folder for CPU profiles of the gateway's processes; measures nothing fairly any more. */
  readonly profile: string | undefined
  readonly desk: {
    /** Check-ins a second. */
    readonly rate: number
    readonly count: number
    /** Claims a second beside them. */
    readonly claims: number
    /** Per cent by chip. */
    readonly chip: number
    /** One run of the four; all without it. */
    readonly only: string | undefined
  }
}
