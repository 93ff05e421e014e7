export interface BenchOptions {
  readonly seconds: number
  readonly warmUpS: number
  readonly repeats: number
  readonly size: 'small' | 'typical' | 'large'
  readonly connections: number
  readonly members: number
  /** Folder for CPU profiles of the gateway's processes; measures nothing fairly any more. */
  readonly profile: string | undefined
}
