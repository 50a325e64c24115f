// The feature on the Canvas database.
import { Module } from '@nestjs/common';
import { SchemaModule } from '../schema/schema.module.js';
import { CanvasController } from './canvas.controller.js';
import { CanvasService } from './canvas.service.js';

@Module({ imports: [SchemaModule], controllers: [CanvasController], providers: [CanvasService] })
export class CanvasModule {}
