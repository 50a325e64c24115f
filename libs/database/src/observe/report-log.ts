// Where reports go: two levels are enough for them.

export interface ReportLog {
  log(message: string): void;
  warn(message: string): void;
}
