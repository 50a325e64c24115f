// HTTP for the Canvas database. No rules of its own.
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { Emoji, EmojiSearch, NewPage, NewWidget, Page, PageSlug, PageWithWidgets, Widget } from './canvas.dto.js';
import { CanvasService } from './canvas.service.js';

@ApiTags('Canvas')
@Controller('canvas')
export class CanvasController {
  constructor(private readonly canvas: CanvasService) {}

  @Get('pages')
  @ApiOperation({ summary: 'All pages' })
  @ApiOkResponse({ type: [Page] })
  pages(): Promise<Page[]> {
    return this.canvas.pages();
  }

  @Post('pages')
  @ApiOperation({ summary: 'A new page' })
  @ApiCreatedResponse({ type: Page })
  @ApiConflictResponse({ description: 'There is a page of that slug' })
  addPage(@Body() page: NewPage): Promise<Page> {
    return this.canvas.addPage(page);
  }

  @Get('pages/:slug')
  @ApiOperation({ summary: 'One page with its widgets' })
  @ApiOkResponse({ type: PageWithWidgets })
  @ApiNotFoundResponse()
  page(@Param() { slug }: PageSlug): Promise<PageWithWidgets> {
    return this.canvas.page(slug);
  }

  @Post('pages/:slug/widgets')
  @ApiOperation({ summary: 'A new widget at the end of a page' })
  @ApiCreatedResponse({ type: Widget })
  @ApiNotFoundResponse()
  addWidget(@Param() { slug }: PageSlug, @Body() widget: NewWidget): Promise<Widget> {
    return this.canvas.addWidget(slug, widget);
  }

  @Get('emojis')
  @ApiOperation({ summary: "Emojis by a part of their name, in Unicode's order" })
  @ApiOkResponse({ type: [Emoji] })
  emojis(@Query() search: EmojiSearch): Promise<Emoji[]> {
    return this.canvas.emojis(search);
  }
}
