// The health routes. Liveness never touches a database: a blink there must not restart the service.
import { Controller, Get, NotFoundException, Param, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { DatabaseManager } from '../database-manager.js';
import { DatabaseHealthIndicator } from './database.health.js';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly databases: DatabaseHealthIndicator,
    private readonly manager: DatabaseManager,
  ) {}

  /** Everything: each database and the workers. 503 when one is down. */
  @Get()
  @HealthCheck()
  all(): Promise<HealthCheckResult> {
    return this.health.check([...this.#databases(), () => this.databases.workers()]);
  }

  /** The process answers. */
  @Get('live')
  @HealthCheck()
  live(): HealthCheckResult {
    // Not through Terminus, which answers 503 while the service stops: a stopping process is alive.
    return { status: 'ok', info: {}, error: {}, details: {} };
  }

  /** May traffic come? 503 when a database is down or the service is stopping. */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check(this.#databases());
  }

  /** Has the service come up? 503 until every database has been started. */
  @Get('startup')
  @HealthCheck()
  startup(): Promise<HealthCheckResult> {
    if (!this.manager.started)
      throw new ServiceUnavailableException({ status: 'error', info: {}, error: {}, details: {} });
    return this.health.check([]);
  }

  /** One database. 404 for a name that is not configured. */
  @Get(':name')
  @HealthCheck()
  one(@Param('name') name: string): Promise<HealthCheckResult> {
    if (!this.databases.names().includes(name)) throw new NotFoundException();
    return this.health.check([() => this.databases.check(name)]);
  }

  #databases(): (() => ReturnType<DatabaseHealthIndicator['check']>)[] {
    return this.databases.names().map((name) => () => this.databases.check(name));
  }
}
