// HTTP for the Helium database. No rules of its own.
import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Setting, SettingKey, SettingValue, SettingVersion } from './helium.dto.js';
import { HeliumService } from './helium.service.js';

@ApiTags('Helium')
@Controller('helium/settings')
export class HeliumController {
  constructor(private readonly helium: HeliumService) {}

  @Get()
  @ApiOperation({ summary: 'All settings' })
  @ApiOkResponse({ type: [Setting] })
  settings(): Promise<Setting[]> {
    return this.helium.settings();
  }

  @Get(':key')
  @ApiOperation({ summary: 'One setting' })
  @ApiOkResponse({ type: Setting })
  @ApiNotFoundResponse()
  setting(@Param() { key }: SettingKey): Promise<Setting> {
    return this.helium.setting(key);
  }

  @Put(':key')
  @ApiOperation({ summary: 'Makes or changes a setting', description: 'The same value again changes nothing.' })
  @ApiOkResponse({ type: Setting })
  change(@Param() { key }: SettingKey, @Body() { value }: SettingValue): Promise<Setting> {
    return this.helium.change(key, value);
  }

  @Get(':key/history')
  @ApiOperation({ summary: 'Every value a setting ever had, newest first' })
  @ApiOkResponse({ type: [SettingVersion] })
  @ApiNotFoundResponse()
  history(@Param() { key }: SettingKey): Promise<SettingVersion[]> {
    return this.helium.history(key);
  }
}
