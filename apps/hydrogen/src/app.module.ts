// What the service is made of: the databases, their health, and one feature per database.
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import type { Environment } from '@hydrogen/config';
import { DatabaseExceptionFilter, DatabaseModule, HealthModule, RequestDeadlineInterceptor } from '@hydrogen/database';
import { AcuranzoModule } from './acuranzo/acuranzo.module.js';
import { CanvasModule } from './canvas/canvas.module.js';
import { DatabasesController } from './databases/databases.controller.js';
import { HeliumModule } from './helium/helium.module.js';
import { IndexController } from './index.controller.js';
import { OidcModule } from './oidc/oidc.module.js';

@Module({})
export class AppModule {
  /** @param env the variables of the configuration's placeholders */
  static forRoot(env: Environment): DynamicModule {
    return {
      module: AppModule,
      imports: [DatabaseModule.forRoot({ env }), HealthModule, OidcModule, AcuranzoModule, HeliumModule, CanvasModule],
      controllers: [IndexController, DatabasesController],
      providers: [
        { provide: APP_FILTER, useClass: DatabaseExceptionFilter },
        { provide: APP_INTERCEPTOR, useClass: RequestDeadlineInterceptor },
      ],
    };
  }
}
