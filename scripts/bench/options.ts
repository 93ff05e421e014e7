export interface BenchOptions {
  readonly seconds: number
  readonly warmUpS: number
  readonly repeats: number
  readonly size: 'small' | 'typical' | 'large'
  readonly connections: number
  readonly members: number
}
