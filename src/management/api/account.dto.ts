import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { MAX_PASSWORD_BYTES } from '../../common/crypto/password.js';
import { MAX_CODE_LENGTH } from './session.dto.js';

const MAX_SECRET_LENGTH = 64;

/** The password that you sign in with, and a one-time code where your second factor is on. */
export class ConfirmationDto {
  @ApiProperty({ maxLength: MAX_PASSWORD_BYTES, format: 'password', description: 'your present password' })
  @IsString()
  @MaxLength(MAX_PASSWORD_BYTES)
  password!: string;

  @ApiPropertyOptional({ description: 'one-time code, where your second factor is on' })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_CODE_LENGTH)
  code?: string;
}

export class PasswordChangeDto extends ConfirmationDto {
  @ApiProperty({ name: 'new-password', maxLength: MAX_PASSWORD_BYTES, format: 'password' })
  @IsString()
  @MaxLength(MAX_PASSWORD_BYTES)
  'new-password'!: string;
}

/** A secret of one-time codes that is not in use before its first code was sent back. */
export class NewSecretDto {
  @ApiProperty({ description: 'in Base32, to type into an authenticator app; it is not shown again' })
  secret!: string;

  @ApiProperty({ description: 'the same as an otpauth URI, which an app reads as a QR code' })
  uri!: string;
}

export class SecondFactorDto {
  @ApiProperty({ maxLength: MAX_PASSWORD_BYTES, format: 'password', description: 'your password' })
  @IsString()
  @MaxLength(MAX_PASSWORD_BYTES)
  password!: string;

  @ApiProperty({ description: 'the secret that was shown', maxLength: MAX_SECRET_LENGTH, format: 'password' })
  @IsString()
  @MaxLength(MAX_SECRET_LENGTH)
  secret!: string;

  @ApiProperty({ description: 'the code that the app shows for it', maxLength: MAX_CODE_LENGTH })
  @IsString()
  @MaxLength(MAX_CODE_LENGTH)
  code!: string;
}

export class EndedSessionsDto {
  @ApiProperty({ type: 'integer', description: 'how many sessions were ended' })
  ended!: number;
}
