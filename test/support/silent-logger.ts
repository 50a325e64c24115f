// For applications under test whose log is of no interest.
import type { LoggerService } from '@nestjs/common';

export const silentLogger: LoggerService = { log: () => {}, warn: () => {}, error: () => {} };
