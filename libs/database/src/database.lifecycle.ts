// Ties the databases to the application's life. Order: HTTP stops listening between beforeApplicationShutdown and
// onApplicationShutdown, so requests still being served may still query until the last hook.
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DatabaseManager } from './database-manager.js';

@Injectable()
export class DatabaseLifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(private readonly manager: DatabaseManager) {}

  async onModuleInit(): Promise<void> {
    try {
      await this.manager.start();
    } catch (error) {
      // A failed start leaves nothing behind: no socket, no thread, no timer.
      await this.manager.close(0);
      throw error;
    }
  }

  onApplicationBootstrap(): void {
    if (process.env.NODE_ENV !== 'production' || process.listenerCount('SIGTERM') > 0) return;
    new Logger('Database').warn(
      'app.enableShutdownHooks() was not called: a SIGTERM will cut what is running instead of letting it end',
    );
  }

  /** Readiness is Terminus' part: it answers 503 from here on. */
  beforeApplicationShutdown(): void {
    this.manager.announceClose();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.manager.close();
  }
}
