// Makes the application with what every request goes through: validation and the API's description.
// Used by main.ts and by end-to-end tests, so that both run the same. Must not listen.
import { ValidationPipe, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Environment } from '@hydrogen/config';
import { DatabaseManager } from '@hydrogen/database';
import { AppModule } from './app.module.js';
import { describeApi } from './describe-api.js';
import { QuietStartLogger } from './quiet-start.logger.js';

/** @param env the variables of the configuration's placeholders */
export async function createApplication(env: Environment): Promise<INestApplication> {
  // abortOnError: whoever called has a server to stop before the process may end.
  const options = { abortOnError: false, logger: new QuietStartLogger() };
  const app = await NestFactory.create(AppModule.forRoot(env), options);
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
  describeApi(app);
  return app;
}

export const shutdownTimeoutOf = (app: INestApplication): number => app.get(DatabaseManager).settings.ShutdownTimeoutMs;
