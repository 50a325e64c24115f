// Shows the manager's report: the databases, their pools, the configuration in effect. It holds no secrets.
import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DatabaseManager, InjectDatabaseManager } from '@hydrogen/database';

@ApiTags('Service')
@Controller('databases')
export class DatabasesController {
  constructor(@InjectDatabaseManager() private readonly manager: DatabaseManager) {}

  @Get()
  @ApiOperation({ summary: 'The databases, their pools and the configuration in effect' })
  @ApiOkResponse({ schema: { type: 'object', additionalProperties: true } })
  report(): ReturnType<DatabaseManager['report']> {
    return this.manager.report();
  }
}
