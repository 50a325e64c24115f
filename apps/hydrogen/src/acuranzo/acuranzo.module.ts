// The feature on the Acuranzo database.
import { Module } from '@nestjs/common';
import { SchemaModule } from '../schema/schema.module.js';
import { AcuranzoController } from './acuranzo.controller.js';
import { AcuranzoService } from './acuranzo.service.js';

@Module({ imports: [SchemaModule], controllers: [AcuranzoController], providers: [AcuranzoService] })
export class AcuranzoModule {}
